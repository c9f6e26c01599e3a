import { createServer, connect, AddressInfo, Server, Socket } from 'net';

/** What becomes of a connection: see {@link TcpProxy.breakAt}. @public */
export type LineFault =
  | 'drop-request'
  | 'drop-reply'
  | 'silence-request'
  | 'silence-reply';

/**
 * Stands between a driver and its server and breaks the line at a chosen word.
 * Works on unencrypted connections only.
 *
 * @public
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  #fault: { word: string; kind: LineFault } | undefined;
  #triggered = 0;

  readonly #rewriteReply: (chunk: Buffer) => Buffer;

  private constructor(rewriteReply: (chunk: Buffer) => Buffer) {
    this.#server = createServer();
    this.#sockets = new Set();
    this.#rewriteReply = rewriteReply;
  }

  /**
   * Listens on a free port of 127.0.0.1 and forwards to the server;
   * `rewriteReply` may change what the server says on the way back.
   */
  static async create(
    to: { host: string; port: number },
    options: { rewriteReply?: (chunk: Buffer) => Buffer } = {},
  ): Promise<TcpProxy> {
    const proxy = new TcpProxy(options.rewriteReply ?? (chunk => chunk));
    proxy.#server.on('connection', client => proxy.#forward(client, to));
    await new Promise<void>(resolve => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How often the fault has struck. */
  get triggered(): number {
    return this.#triggered;
  }

  /**
   * From now on a client message with this word breaks its connection:
   * `drop-request` before the server sees it, `drop-reply` when the answer
   * comes. `silence-…`: the same, but both ends are left with an open connection
   * over which nothing comes any more, not even its end.
   */
  breakAt(word: string, kind: LineFault): void {
    this.#fault = { word, kind };
  }

  /** From now on messages pass; what is broken stays broken. */
  mend(): void {
    this.#fault = undefined;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve());
    });
  }

  #forward(client: Socket, to: { host: string; port: number }): void {
    const upstream = connect(to.port, to.host);
    let dropReply = false;
    let isSilent = false;
    const cut = () => {
      // Whoever is gone is not seen to go by the other end.
      if (isSilent) return;
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', cut);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
    client.on('data', chunk => {
      const fault = this.#fault;
      if (isSilent) return;
      if (fault && chunk.includes(fault.word)) {
        this.#triggered += 1;
        if (fault.kind === 'drop-request') {
          cut();
          return;
        }
        dropReply = fault.kind === 'drop-reply';
        isSilent = fault.kind.startsWith('silence');
        if (fault.kind === 'silence-request') return;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (isSilent) return;
      if (dropReply) {
        cut();
        return;
      }
      client.write(this.#rewriteReply(chunk));
    });
  }
}
