import { plantSecret } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { ChildProcess, spawn } from 'child_process';
import { once } from 'events';
import { join, resolve } from 'path';
import { freePort } from './freePort';

const program = join(
  resolve(__dirname, '../../../../..'),
  'scripts/lib/servers/openid.mjs',
);

/** Somebody with an account at the provider. */
export interface OpenIdAccount {
  sub: string;
  email: string;
  email_verified: boolean;
  hd?: string;
  name: string;
}

/** A real OpenID provider in Google's place, as a process of its own. */
export class OpenIdProcess {
  static readonly clientId = 'migrate-hub';
  static readonly clientSecret = plantSecret();
  readonly issuer: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #settings: object;
  #process?: ChildProcess;

  static async reserve(): Promise<OpenIdProcess> {
    return new OpenIdProcess(await freePort());
  }

  private constructor(port: number) {
    this.issuer = `http://localhost:${port}`;
    this.#environment = process.env;
    this.#settings = {
      port,
      clientId: OpenIdProcess.clientId,
      clientSecret: OpenIdProcess.clientSecret,
    };
  }

  /** What the hub is configured with. */
  get config(): Record<string, string> {
    return {
      clientId: OpenIdProcess.clientId,
      clientSecret: OpenIdProcess.clientSecret,
      issuer: this.issuer,
      authorizationUrl: `${this.issuer}/auth`,
      tokenUrl: `${this.issuer}/token`,
      jwksUrl: `${this.issuer}/jwks`,
      revocationUrl: `${this.issuer}/token/revocation`,
    };
  }

  async start(options: {
    redirectUri: string;
    accounts: OpenIdAccount[];
  }): Promise<void> {
    const child = spawn(process.execPath, [program], {
      env: {
        ...this.#environment,
        NODE_ENV: 'development',
        OPENID_PROVIDER: JSON.stringify({ ...this.#settings, ...options }),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => {
        throw new Error('the OpenID provider did not start');
      }),
    ]);
  }

  /** What goes wrong from now on, and who has an account. */
  async steer(change: {
    token?: string;
    down?: string[];
    accounts?: OpenIdAccount[];
  }): Promise<void> {
    const response = await fetch(`${this.issuer}/control`, {
      method: 'POST',
      body: JSON.stringify(change),
    });
    if (!response.ok) throw new Error(`${response.status}`);
  }

  async stop(): Promise<void> {
    if (!this.#process || this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
  }
}
