// Stands between a hub and its metadata store and counts what is asked, by its text.
import { connect, createServer } from 'node:net';

/** Listens on a free port; `counts` is how often each statement was sent since `reset`. */
export async function startCountingProxy(server) {
  let counts = new Map();
  const sockets = new Set();
  const listener = createServer(client => {
    const upstream = connect(server.port, server.host);
    const reader = new StatementReader(text =>
      counts.set(text, (counts.get(text) ?? 0) + 1),
    );
    client.on('data', data => reader.read(data));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {
        client.destroy();
        upstream.destroy();
      });
      socket.on('close', () => sockets.delete(socket));
    }
  });
  await new Promise(resolve => listener.listen(0, '127.0.0.1', resolve));
  return {
    address: { host: '127.0.0.1', port: listener.address().port },
    counts: () => counts,
    reset: () => {
      counts = new Map();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => listener.close(resolve));
    },
  };
}

/** Reads the frontend's side of PostgreSQL's protocol: what is run, also by the name of a kept plan. */
class StatementReader {
  #rest = Buffer.alloc(0);
  #started = false;
  #named = new Map();
  #onStatement;

  constructor(onStatement) {
    this.#onStatement = onStatement;
  }

  read(data) {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      // The first message has no type.
      const head = this.#started ? 1 : 0;
      if (this.#rest.length < head + 4) return;
      const end = head + this.#rest.readInt32BE(head);
      if (this.#rest.length < end) return;
      if (this.#started) {
        this.#message(String.fromCharCode(this.#rest[0]), end);
      }
      this.#started = true;
      this.#rest = this.#rest.subarray(end);
    }
  }

  #message(type, end) {
    const body = this.#rest.subarray(5, end);
    if (type === 'Q') {
      this.#onStatement(shorten(textAt(body, 0)));
    } else if (type === 'P') {
      const name = textAt(body, 0);
      this.#named.set(name, shorten(textAt(body, body.indexOf(0) + 1)));
    } else if (type === 'B') {
      const name = textAt(body, body.indexOf(0) + 1);
      this.#onStatement(this.#named.get(name) ?? '(unknown)');
    }
  }
}

/** Up to the zero byte that ends it. */
function textAt(body, from) {
  return body.toString('utf8', from, body.indexOf(0, from));
}

/** The same statement with other values, or more of them, is the same. */
function shorten(text) {
  return text
    .replace(/\s+/g, ' ')
    .replace(/\$\d+/g, '?')
    .replace(/\(\?(, \?)*\)(, \(\?(, \?)*\))*/g, '(?)')
    .replace(/default|\?(, \?)+/gi, '?')
    .trim()
    .slice(0, 110);
}
