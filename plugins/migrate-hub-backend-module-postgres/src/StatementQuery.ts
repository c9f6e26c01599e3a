import { Connection, Submittable } from 'pg';

/** What is left of a statement's result: nothing was kept. */
export interface StatementOutcome {
  /** e.g. `INSERT 0 5`; empty for an empty statement. */
  tag: string;
}

/** What is longer is sent in pieces: encrypting fifty megabytes in one go would hold up everybody else. */
const PIECE = 1_000_000;

/**
 * `Bind` of the nameless statement without parameters, `Execute` of all its rows,
 * and `Sync`. https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
const RUN_MESSAGES = Buffer.concat([
  // Its length, the names of portal and statement, and three counts that are 0.
  Buffer.from([0x42, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0]),
  // Its length, the name of the portal, and no limit.
  Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0]),
  Buffer.from([0x53, 0, 0, 0, 4]),
]);

/**
 * One statement by the extended protocol, whose answer is dropped as it comes.
 *
 * @remarks
 * The extended protocol makes the server itself refuse a second statement that
 * no splitter saw. No row is asked to be described or parsed, so that a SELECT of
 * a gigabyte costs no memory. The callbacks are the ones `pg` calls on whatever
 * is submitted to a client.
 */
export class StatementQuery implements Submittable {
  readonly #sql: Buffer;
  readonly #settle: {
    resolve: (outcome: StatementOutcome) => void;
    reject: (error: unknown) => void;
  };
  #tag = '';
  #failed = false;

  constructor(
    sql: Buffer,
    settle: {
      resolve: (outcome: StatementOutcome) => void;
      reject: (error: unknown) => void;
    },
  ) {
    this.#sql = sql;
    this.#settle = settle;
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    // As pg itself: what became of the connection is told elsewhere.
    if (!stream.writable) return;
    if (this.#sql.length > PIECE) {
      void this.#sendInPieces(connection);
      return;
    }
    stream.write(Buffer.concat([...parseMessage(this.#sql), RUN_MESSAGES]));
  }

  /** Nothing else is sent meanwhile: a client sends one query at a time. */
  async #sendInPieces(connection: Connection): Promise<void> {
    const { stream } = connection;
    for (const piece of parseMessage(this.#sql)) {
      for (let at = 0; at < piece.length; at += PIECE) {
        const isSent = await new Promise<boolean>(resolve => {
          stream.write(piece.subarray(at, at + PIECE), error =>
            resolve(!error),
          );
        });
        // The connection tells the client what happened to it.
        if (!isSent) return;
      }
    }
    stream.write(RUN_MESSAGES);
  }

  handleRowDescription(): void {}

  handleDataRow(): void {}

  handlePortalSuspended(): void {}

  handleEmptyQuery(): void {}

  handleCommandComplete(message: { text: string }): void {
    this.#tag = message.text;
  }

  handleCopyInResponse(
    connection: Connection & { sendCopyFail(reason: string): void },
  ): void {
    connection.sendCopyFail('A migration has no data to copy from its client');
  }

  handleCopyData(): void {}

  handleError(error: unknown): void {
    this.#failed = true;
    this.#settle.reject(error);
  }

  handleReadyForQuery(): void {
    if (!this.#failed) {
      this.#settle.resolve({ tag: this.#tag });
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
