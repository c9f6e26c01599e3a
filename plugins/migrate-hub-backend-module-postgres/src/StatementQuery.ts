import { Connection, Submittable } from 'pg';

/** What is longer is sent in pieces: encrypting fifty megabytes in one go would hold up everybody else. */
const PIECE = 1_000_000;

/**
 * `Bind` of the nameless statement without parameters, and `Execute` of all its
 * rows. https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
const RUN = Buffer.from([
  // Its length, the names of portal and statement, and three counts that are 0.
  ...[0x42, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0],
  // Its length, the name of the portal, and no limit.
  ...[0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0],
]);

/** Has the server tell at once what it has done so far. */
const FLUSH = Buffer.from([0x48, 0, 0, 0, 4]);

/** Ends what belongs together: after an error the server skips everything until it. */
const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);

/** What is to be told about statements, in their order. */
export interface StatementListener {
  /** @param tag - e.g. `INSERT 0 5` */
  done: (tag: string) => void;
  /** The server takes the next message. */
  resolve: () => void;
  /** The first failure; what comes behind that statement had no effect. */
  reject: (error: unknown) => void;
}

/**
 * Statements by the extended protocol, whose answers are dropped as they come.
 * Several leave together: the server runs each after the one before, and after
 * an error none.
 *
 * @remarks
 * The extended protocol makes the server itself refuse a second statement that
 * no splitter saw. No row is asked to be described or parsed, so that a SELECT of
 * a gigabyte costs no memory. The callbacks are the ones `pg` calls on whatever
 * is submitted to a client.
 */
export class StatementQuery implements Submittable {
  readonly #statements: Buffer[];
  readonly #listener: StatementListener;
  #failed = false;

  constructor(statements: Buffer[], listener: StatementListener) {
    this.#statements = statements;
    this.#listener = listener;
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    // As pg itself: what became of the connection is told elsewhere.
    if (!stream.writable) return;
    const parts = this.#statements.flatMap((sql, index) => [
      ...(index > 0 ? [FLUSH] : []),
      ...parseMessage(sql),
      RUN,
    ]);
    parts.push(SYNC);
    if (parts.some(({ length }) => length > PIECE)) {
      void sendInPieces(connection, parts);
    } else {
      stream.write(Buffer.concat(parts));
    }
  }

  handleRowDescription(): void {}

  handleDataRow(): void {}

  handlePortalSuspended(): void {}

  handleEmptyQuery(): void {}

  handleCommandComplete(message: { text: string }): void {
    this.#listener.done(message.text);
  }

  handleCopyInResponse(
    connection: Connection & { sendCopyFail(reason: string): void },
  ): void {
    connection.sendCopyFail('A migration has no data to copy from its client');
  }

  handleCopyData(): void {}

  handleError(error: unknown): void {
    this.#failed = true;
    this.#listener.reject(error);
  }

  handleReadyForQuery(): void {
    if (!this.#failed) {
      this.#listener.resolve();
    }
  }
}

/** Nothing else is sent meanwhile: a client sends one query at a time. */
async function sendInPieces(
  { stream }: Connection,
  parts: Buffer[],
): Promise<void> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += PIECE) {
      const isSent = await new Promise<boolean>(resolve => {
        stream.write(part.subarray(at, at + PIECE), error => resolve(!error));
      });
      // The connection tells the client what happened to it.
      if (!isSent) return;
    }
  }
}

/** The message `Parse` of the protocol, for the nameless statement, with no types given. */
function parseMessage(sql: Buffer): Buffer[] {
  const head = Buffer.alloc(6);
  head.write('P');
  // Itself, an empty name, the text and its end, the number of types.
  head.writeInt32BE(4 + 1 + sql.length + 1 + 2, 1);
  return [head, sql, Buffer.alloc(3)];
}
