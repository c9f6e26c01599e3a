import {
  MigrateHubClient,
  RouteInput,
  RouteName,
  RouteOutput,
  routes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { secretWatch } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { Account, HubProcess } from './HubProcess';

/** What the hub says when it refuses. */
export interface Refused {
  status: number;
  code: string;
  message: string;
  details: Record<string, unknown>;
}

/** Tokens live for ten minutes, as those of the portal, which asks for new ones as well. */
const RENEW_MS = 5 * 60_000;

/** Somebody who is signed in, and uses the API as the portal does. */
export class Person {
  readonly #client: MigrateHubClient;
  #token: string;
  #since = performance.now();

  static async signIn(hub: HubProcess, account: Account): Promise<Person> {
    const signIn = () => Person.#newToken(hub, account);
    return new Person(hub.baseUrl, signIn, await signIn());
  }

  static async #newToken(hub: HubProcess, account: Account): Promise<string> {
    const response = await fetch(`${hub.baseUrl}/api/auth/local/refresh`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-Requested-With': 'XMLHttpRequest',
        Origin: hub.origin,
      },
      body: JSON.stringify({ email: account, password: hub.password(account) }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(answer));
    const { token } = answer.backstageIdentity;
    secretWatch.add(`the token of ${account}`, token.split('.').at(-1), {
      shownIn: /\/api\/auth\//,
    });
    return token;
  }

  private constructor(
    baseUrl: string,
    signIn: () => Promise<string>,
    token: string,
  ) {
    this.#token = token;
    const freshToken = async () => {
      if (performance.now() - this.#since > RENEW_MS) {
        this.#since = performance.now();
        this.#token = await signIn();
      }
      return this.#token;
    };
    this.#client = new MigrateHubClient({
      baseUrl: async () => `${baseUrl}/api/migrate-hub`,
      fetch: async (input, init) =>
        fetch(input, {
          ...init,
          headers: {
            ...init?.headers,
            Authorization: `Bearer ${await freshToken()}`,
          },
        }),
    });
  }

  get token(): string {
    return this.#token;
  }

  /** Calls a route; the answer must be what the contract says, status and shape. */
  async call<K extends RouteName>(
    name: K,
    input: RouteInput<K>,
  ): Promise<RouteOutput<K>> {
    const response = await this.#client.fetch(name, input);
    const answer = await response.json();
    if (response.status !== routes[name].status) {
      throw new Error(`${name}: ${response.status} ${JSON.stringify(answer)}`);
    }
    return routes[name].response.parse(answer) as RouteOutput<K>;
  }

  /** Calls a route that must refuse. */
  async refused<K extends RouteName>(
    name: K,
    input: RouteInput<K>,
  ): Promise<Refused> {
    const response = await this.#client.fetch(name, input);
    const answer = await response.json();
    if (response.ok) throw new Error(`${name} was not refused`);
    return {
      status: response.status,
      code: answer.error.code,
      message: answer.error.message,
      details: answer.error.details ?? {},
    };
  }

  /** Waits until a run has ended. */
  async runEnded(
    id: string,
    options: { withinMs?: number } = {},
  ): Promise<RouteOutput<'getRun'>> {
    const deadline = Date.now() + (options.withinMs ?? 60_000);
    for (;;) {
      const run = await this.call('getRun', { params: { id } });
      if (['executed', 'failed', 'canceled'].includes(run.status)) return run;
      if (Date.now() > deadline) {
        throw new Error(`run ${id} is still ${run.status}`);
      }
      await new Promise(done => setTimeout(done, 50));
    }
  }
}
