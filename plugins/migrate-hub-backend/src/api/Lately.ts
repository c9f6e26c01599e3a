import { createHash } from 'crypto';

/** So long what was found out about a token counts for reading. */
const KEPT_MS = 5_000;

const MOST_KEPT = 1_000;

const keyOf = (token: string, question: string): string =>
  `${question} ${createHash('sha256').update(token).digest('base64')}`;

/** What was found out about bearer tokens within the last seconds. */
export class Lately<V> {
  /** By hash of the token and what was asked; the oldest first. */
  readonly #kept = new Map<string, { value: V; until: number }>();

  get(token: string, question = ''): V | undefined {
    const known = this.#kept.get(keyOf(token, question));
    return known && known.until > performance.now() ? known.value : undefined;
  }

  /** @param options - `asked`: when it was asked, by `performance.now`; `end`: of the token itself */
  keep(
    token: string,
    value: V,
    options: { question?: string; asked: number; end?: Date },
  ): void {
    const { asked, end } = options;
    const key = keyOf(token, options.question ?? '');
    const left = end ? end.getTime() - Date.now() : Infinity;
    const until = Math.min(asked + KEPT_MS, performance.now() + left);
    this.#kept.delete(key);
    this.#kept.set(key, { value, until });
    this.#forget();
  }

  /** What is over, and the oldest of too many. */
  #forget(): void {
    const now = performance.now();
    for (const [key, { until }] of this.#kept) {
      if (until > now && this.#kept.size <= MOST_KEPT) return;
      this.#kept.delete(key);
    }
  }
}
