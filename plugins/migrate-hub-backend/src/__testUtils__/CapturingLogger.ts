import { LoggerService } from '@backstage/backend-plugin-api';
import { secretWatch } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';

/** Keeps every line as text, to look for what must not be in it. */
export class CapturingLogger implements LoggerService {
  readonly lines: string[];
  readonly #meta: object;

  constructor(lines: string[] = [], meta: object = {}) {
    this.lines = lines;
    this.#meta = meta;
  }

  error(message: string, meta?: object) {
    this.#keep('error', message, meta);
  }
  warn(message: string, meta?: object) {
    this.#keep('warn', message, meta);
  }
  info(message: string, meta?: object) {
    this.#keep('info', message, meta);
  }
  debug(message: string, meta?: object) {
    this.#keep('debug', message, meta);
  }

  child(meta: object): CapturingLogger {
    return new CapturingLogger(this.lines, { ...this.#meta, ...meta });
  }

  #keep(level: string, message: string, meta?: object) {
    const error =
      meta instanceof Error ? { ...meta, error: `${meta.stack}` } : meta;
    const line = JSON.stringify({ level, message, ...this.#meta, ...error });
    secretWatch.look('the log', line);
    this.lines.push(line);
  }
}
