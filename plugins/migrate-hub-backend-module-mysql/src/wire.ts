import { Socket } from 'net';
import { Connection, FieldPacket, QueryOptions, ResultSetHeader } from 'mysql2';
import {
  SilenceWatch,
  TargetError,
  watchAnswer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { asDriverError, connectionLost } from './errors';

const IN_TRANSACTION = 1;

/** A row of one of our own small queries; everything is text. */
export type TextRow = Record<string, string | null>;

/** What one statement came to; its rows were dropped as they came. */
export interface StatementOutcome {
  affectedRows?: number;
  returnedRows: number;
  /** Whether a transaction is open behind it; undefined where the reply does not say. */
  inTransaction?: boolean;
  warnings: number;
  /** Errors that ANALYZE, OPTIMIZE, CHECK and REPAIR report as rows. */
  tableErrors: string[];
}

const TABLE_REPORT = ['Table', 'Op', 'Msg_type', 'Msg_text'];
const MAX_TABLE_ERRORS = 10;

/**
 * Promises over one mysql2 connection, one message at a time.
 *
 * @remarks
 * A mysql2 query without a callback drops its rows, but is told nothing when
 * the connection dies: that comes as an event of the connection, which would
 * end the process if nobody listened.
 */
export class Wire {
  readonly #connection: Connection;
  readonly #socket: Socket;
  #lost: TargetError | undefined;
  #fail: ((error: TargetError) => void) | undefined;
  #silence: Pick<SilenceWatch, 'quietMs' | 'hasAnswered'>;

  /** @param options - `timeoutMs`: for every answer, unless {@link watchSilence} says otherwise */
  constructor(
    connection: Connection,
    socket: Socket,
    options: { timeoutMs: number },
  ) {
    this.#connection = connection;
    this.#socket = socket;
    this.#silence = { quietMs: options.timeoutMs };
    connection.on('error', (error: unknown) => {
      this.#lose(connectionLost(asDriverError(error).message));
    });
    connection.on('end', () => {
      this.#lose(connectionLost('the server ended it'));
    });
  }

  get lost(): TargetError | undefined {
    return this.#lost;
  }

  /** From now on answers may take their time, as long as the server is at work on them. */
  watchSilence(
    silence: Required<Pick<SilenceWatch, 'quietMs' | 'hasAnswered'>>,
  ): void {
    this.#silence = silence;
  }

  /** Rows of one of our own queries. Throws mysql2's errors as they are, or that the line is lost. */
  async rows(sql: string): Promise<TextRow[]> {
    const rows: TextRow[] = [];
    await this.#send(
      { sql, typeCast: field => field.string() },
      { onRow: row => rows.push(row as TextRow) },
    );
    return rows;
  }

  /** One statement, of which only numbers are kept. */
  async run(sql: string): Promise<StatementOutcome> {
    const outcome: StatementOutcome = {
      returnedRows: 0,
      warnings: 0,
      tableErrors: [],
    };
    let isReport = false;
    await this.#send(
      { sql, rowsAsArray: true, typeCast: false },
      {
        onFields: fields => {
          isReport =
            fields.length === TABLE_REPORT.length &&
            fields.every(({ name }, at) => name === TABLE_REPORT[at]);
          outcome.inTransaction = undefined;
        },
        onRow: row => {
          outcome.returnedRows += 1;
          if (isReport && outcome.tableErrors.length < MAX_TABLE_ERRORS) {
            const [table, , type, text] = (row as unknown[]).map(String);
            if (type.toLowerCase() === 'error') {
              outcome.tableErrors.push(`${table}: ${text}`);
            }
          }
        },
        onHeader: header => {
          outcome.affectedRows =
            (outcome.affectedRows ?? 0) + header.affectedRows;
          outcome.inTransaction = Boolean(header.serverStatus & IN_TRANSACTION);
          outcome.warnings = header.warningStatus;
        },
      },
    );
    return outcome;
  }

  /** Ends the session in order, or cuts the line if that takes too long. */
  async end(timeoutMs: number): Promise<void> {
    if (this.#lost) {
      this.destroy('it was closed');
      return;
    }
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#connection.end(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.destroy('it was closed');
  }

  destroy(why: string): void {
    this.#lose(connectionLost(why));
    this.#connection.destroy();
    // mysql2 only says goodbye; in the middle of a statement nobody listens.
    this.#socket.destroy();
  }

  #lose(error: TargetError): void {
    this.#lost ??= error;
    this.#fail?.(this.#lost);
    this.#fail = undefined;
  }

  async #send(
    options: QueryOptions,
    handlers: {
      onFields?: (fields: FieldPacket[]) => void;
      onRow: (row: unknown) => void;
      onHeader?: (header: ResultSetHeader) => void;
    },
  ): Promise<void> {
    if (this.#lost) {
      throw this.#lost;
    }
    const answer = new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      const query = this.#connection.query(options);
      let isRows = false;
      query.on('fields', (fields: FieldPacket[] | undefined) => {
        isRows = fields !== undefined;
        if (fields) {
          handlers.onFields?.(fields);
        }
      });
      query.on('result', (result: unknown) => {
        if (isRows) {
          handlers.onRow(result);
        } else {
          handlers.onHeader?.(result as ResultSetHeader);
        }
      });
      query.on('error', reject);
      query.on('end', resolve);
    });
    await watchAnswer(answer, {
      ...this.#silence,
      received: () => this.#socket.bytesRead,
      cut: () => this.destroy('the line went silent'),
    }).finally(() => {
      this.#fail = undefined;
    });
  }
}
