import {
  Route,
  routePath,
  routes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Answer, answerOf, ApiWorld } from './ApiWorld';
import { settle } from './Picked';
import { Fault, FuzzRequest } from './requestArbitrary';

type Fields = Record<string, unknown>;

/** What was sent, as far as it helps to understand a failure, and what came back. */
export interface Exchange {
  method: string;
  path: string;
  query: Fields;
  body: Fields;
  requestId: string;
  answer: Answer;
}

let requests = 0;

/** Sends a request as it is, valid or not. */
export async function sendFuzzed(
  world: ApiWorld,
  request: FuzzRequest,
): Promise<Exchange> {
  const { fault } = request;
  const route: Route = routes[request.route];
  const settled = async (part: Fault['part'], path: Fields) => {
    const fields = (await settle(world.knex, request[part], path)) as Fields;
    return fault?.part === part ? broken(fields, fault) : fields;
  };
  const params = await settled('params', {});
  const query = await settled('query', params);
  const body = await settled('body', params);

  const path = routePath(route, textOf(params));
  // Node itself refuses longer addresses.
  const short = (value: unknown) => String(value).slice(0, 2_000);
  const url = new URL(`${world.url}/v1${path}`);
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) url.searchParams.append(name, short(one));
  }
  requests += 1;
  const requestId = `fuzz-${requests}`;
  const response = await world.send(request.caller, url.href, {
    method: route.method,
    headers: {
      'X-Request-Id': requestId,
      ...(route.method !== 'GET' && { 'Content-Type': 'application/json' }),
      ...(request.idempotencyKey && {
        'Idempotency-Key': request.idempotencyKey,
      }),
    },
    body: route.method === 'GET' ? undefined : JSON.stringify(body),
  });
  const isStream = response.headers
    .get('content-type')
    ?.includes('event-stream');
  if (isStream) await response.body?.cancel();
  const answer = isStream
    ? { status: response.status, body: '' }
    : await answerOf(response);
  return { method: route.method, path, query, body, requestId, answer };
}

/** Segments of a path as text: a lone surrogate cannot be sent by anybody. */
function textOf(params: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      // An empty segment would be the address of another route.
      String(value)
        .slice(0, 2_000)
        .replace(/\p{Surrogate}/gu, '') || '-',
    ]),
  );
}

function broken(fields: Fields, { how, field, value }: Fault): Fields {
  const names = Object.keys(fields);
  if (how === 'add' || names.length === 0) return { ...fields, odd: value };
  const name = names[field % names.length];
  if (how === 'replace') return { ...fields, [name]: value };
  const { [name]: removed, ...rest } = fields;
  return rest;
}
