import { ResponseError } from '@backstage/errors';
import { z } from 'zod';
import { Route, RouteName, routes } from './routes';

type Input<R extends Route> = (R extends { params: z.ZodObject }
  ? { params: z.input<R['params']> }
  : {}) &
  (R extends { query: z.ZodObject } ? { query?: z.input<R['query']> } : {}) &
  (R extends { body: z.ZodObject } ? { body: z.input<R['body']> } : {}) & {
    /** Makes a POST that creates safe to send again. */
    idempotencyKey?: string;
    signal?: AbortSignal;
  };

/** What a call of this route takes. @public */
export type RouteInput<K extends RouteName> = Input<(typeof routes)[K]>;
/** What it answers. @public */
export type RouteOutput<K extends RouteName> = z.output<
  (typeof routes)[K]['response']
>;

/** @public */
export interface MigrateHubClientOptions {
  /** Resolves to `…/api/migrate-hub`. */
  baseUrl: () => Promise<string>;
  /** Adds the Authorization header: Backstage's `fetchApi.fetch` does. */
  fetch: typeof fetch;
}

/** The path of a route with its parameters filled in, below `/v1`. @public */
export function routePath(
  route: Route,
  params: Record<string, string | number> = {},
): string {
  return route.path.replace(/:([a-zA-Z]+)/g, (_, name) =>
    encodeURIComponent(String(params[name])),
  );
}

/**
 * The typed client of the REST API.
 *
 * @remarks
 * `await client.call('getRun', { params: { id } })`. Throws Backstage's
 * `ResponseError`; its `body.error.code` is one of {@link errorCodes}.
 *
 * @public
 */
export class MigrateHubClient {
  readonly #options: MigrateHubClientOptions;

  constructor(options: MigrateHubClientOptions) {
    this.#options = options;
  }

  async call<K extends RouteName>(
    name: K,
    input: RouteInput<K>,
  ): Promise<RouteOutput<K>> {
    const response = await this.fetch(name, input);
    if (!response.ok) throw await ResponseError.fromResponse(response);
    return (await response.json()) as RouteOutput<K>;
  }

  /** The bare response, for streams and downloads; does not throw for a refusal. */
  async fetch<K extends RouteName>(
    name: K,
    input: RouteInput<K>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const route: Route = routes[name];
    const { params, query, body, idempotencyKey, signal } = input as {
      params?: Record<string, string | number>;
      query?: Record<string, unknown>;
      body?: unknown;
      idempotencyKey?: string;
      signal?: AbortSignal;
    };
    const url = new URL(
      `${await this.#options.baseUrl()}/v1${routePath(route, params)}`,
    );
    for (const [key, value] of Object.entries(query ?? {})) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== undefined) url.searchParams.append(key, String(one));
      }
    }
    return this.#options.fetch(url.href, {
      method: route.method,
      headers: {
        ...(route.body ? { 'Content-Type': 'application/json' } : {}),
        ...(idempotencyKey ? { 'Idempotency-Key': idempotencyKey } : {}),
        ...headers,
      },
      body: route.body ? JSON.stringify(body) : undefined,
      signal,
    });
  }
}
