import { IncomingMessage, Server, ServerResponse } from 'http';
import { secretWatch } from './SecretWatch';

/**
 * For the set-up of all tests of a package: looks for secrets in every answer
 * that this process gives or gets, and fails the file that has let one out.
 *
 * @public
 */
export function watchAnswers(): void {
  const { fetch: original } = globalThis;
  const { emit } = Server.prototype;

  beforeAll(() => {
    globalThis.fetch = async (input, init) => {
      const response = await original(input, init);
      await lookAt(response, `${init?.method ?? 'GET'} ${input}`);
      return response;
    };
    Server.prototype.emit = function watched(
      this: Server,
      event: string | symbol,
      ...args: unknown[]
    ) {
      const [request, response] = args;
      if (
        request instanceof IncomingMessage &&
        response instanceof ServerResponse
      ) {
        watchResponse(request, response);
      }
      return Reflect.apply(emit, this, [event, ...args]);
    };
  });

  afterAll(() => {
    globalThis.fetch = original;
    Server.prototype.emit = emit;
    secretWatch.assertNothingFound();
  });
}

async function lookAt(response: Response, asked: string): Promise<void> {
  const place = `answer of ${asked}`;
  secretWatch.look(place, JSON.stringify([...response.headers]));
  const type = response.headers.get('content-type') ?? '';
  // A stream has no end to wait for; the process that gives it looks as it writes.
  if (type.includes('event-stream')) return;
  secretWatch.look(place, await response.clone().text());
}

/** Whatever is written, in pieces as it is. */
function watchResponse(
  request: IncomingMessage,
  response: ServerResponse,
): void {
  // What is packed cannot be read on its way.
  delete request.headers['accept-encoding'];
  const place = `answer of ${request.method} ${request.url}`;
  const { write, end } = response;
  let rest = '';
  const look = (chunk: unknown) => {
    const isBytes = chunk instanceof Uint8Array;
    if (!isBytes && typeof chunk !== 'string') return;
    const text = rest + (isBytes ? Buffer.from(chunk).toString() : chunk);
    secretWatch.look(place, text);
    // A secret may be cut in two by the pieces.
    rest = text.slice(-1_000);
  };
  Object.assign(response, {
    write(...args: unknown[]) {
      look(args[0]);
      return Reflect.apply(write, response, args);
    },
    end(...args: unknown[]) {
      look(args[0]);
      secretWatch.look(place, JSON.stringify(response.getHeaders()));
      return Reflect.apply(end, response, args);
    },
  });
}
