import {
  MigrateHubClient,
  RouteInput,
  RouteName,
  RouteOutput,
  routes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Account, HubProcess } from './HubProcess';

/** What the hub says when it refuses. */
export interface Refused {
  status: number;
  code: string;
  message: string;
  details: Record<string, unknown>;
}

/** Somebody who is signed in, and uses the API as the portal does. */
export class Person {
  readonly token: string;
  readonly #client: MigrateHubClient;

  static async signIn(hub: HubProcess, account: Account): Promise<Person> {
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
    return new Person(hub.baseUrl, answer.backstageIdentity.token);
  }

  private constructor(baseUrl: string, token: string) {
    this.token = token;
    this.#client = new MigrateHubClient({
      baseUrl: async () => `${baseUrl}/api/migrate-hub`,
      fetch: (input, init) =>
        fetch(input, {
          ...init,
          headers: { ...init?.headers, Authorization: `Bearer ${token}` },
        }),
    });
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
