import { Connection, Submittable } from 'pg';

/** What is left of a statement's result: nothing was kept. */
export interface StatementOutcome {
  /** e.g. `INSERT 0 5`; empty for an empty statement. */
  tag: string;
}

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
  readonly #sql: string;
  readonly #settle: {
    resolve: (outcome: StatementOutcome) => void;
    reject: (error: unknown) => void;
  };
  #tag = '';
  #failed = false;

  constructor(
    sql: string,
    settle: {
      resolve: (outcome: StatementOutcome) => void;
      reject: (error: unknown) => void;
    },
  ) {
    this.#sql = sql;
    this.#settle = settle;
  }

  submit(connection: Connection): void {
    connection.stream.cork();
    connection.parse({ name: '', text: this.#sql, types: [] }, true);
    connection.bind({}, true);
    connection.execute({}, true);
    connection.sync();
    connection.stream.uncork();
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
