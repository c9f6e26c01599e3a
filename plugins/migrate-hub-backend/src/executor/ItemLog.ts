import { LogLevel } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { LogEntry } from '../store/runLogs';

/** What stands beside the message of a line. */
export type LogFields = Omit<LogEntry, 'at' | 'level' | 'message'>;

/** What one item may say, over all its attempts. */
export const LOG_LIMITS = {
  lines: 20_000,
  bytes: 5_000_000,
  lineBytes: 10_000,
} as const;

/**
 * Text that fits into a log line and into `jsonb`: no NUL, no lone surrogate,
 * cut when too long.
 */
export function printable(
  text: string,
  maxBytes: number = LOG_LIMITS.lineBytes,
): string {
  const bytes = Buffer.from(text.replaceAll('\u0000', '\uFFFD'), 'utf8');
  if (bytes.length <= maxBytes) return bytes.toString('utf8');
  return `${bytes.toString('utf8', 0, maxBytes)} … (cut)`;
}

/**
 * The lines of one attempt that are not in the metadata store yet.
 *
 * @remarks
 * Bounded: beyond the limits lines are counted and dropped. What is said by
 * `conclude` is kept in any case, so that a log always tells how it ended.
 */
export class ItemLog {
  readonly #limits: { lines: number; bytes: number };
  #pending: LogEntry[] = [];
  #lines: number;
  #bytes = 0;
  #dropped = 0;

  /** @param options - `earlierLines` were written by earlier attempts at the item */
  constructor(options: {
    earlierLines: number;
    limits?: { lines: number; bytes: number };
  }) {
    this.#lines = options.earlierLines;
    this.#limits = options.limits ?? LOG_LIMITS;
  }

  /** Lines so far, with those of earlier attempts. */
  get lines(): number {
    return this.#lines;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  write(level: LogLevel, message: string, fields: LogFields = {}): void {
    const full =
      this.#lines >= this.#limits.lines || this.#bytes >= this.#limits.bytes;
    if (full) {
      this.#dropped += 1;
      return;
    }
    this.#add(level, message, fields);
  }

  /** A line that is kept however much was said before. */
  conclude(level: LogLevel, message: string): void {
    this.#add(level, message, {});
  }

  /** Takes what is pending; give it back with {@link ItemLog.putBack} if it could not be stored. */
  take(): LogEntry[] {
    const taken = this.#pending;
    this.#pending = [];
    return taken;
  }

  putBack(entries: LogEntry[]): void {
    this.#pending = [...entries, ...this.#pending];
  }

  #add(level: LogLevel, message: string, fields: LogFields): void {
    const text = printable(message);
    this.#pending.push({
      at: new Date().toISOString(),
      level,
      message: text,
      ...fields,
    });
    this.#lines += 1;
    this.#bytes += text.length;
  }
}
