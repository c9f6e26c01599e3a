/** What came back from a request. */
export interface RecordedAnswer {
  path: string;
  /** Status, headers and body as one text. */
  text: string;
}

/**
 * Keeps every answer that this process gets by `fetch` from now on, of
 * whomever it is asked; `stop` ends that.
 */
export function recordAnswers(): { answers: RecordedAnswer[]; stop(): void } {
  const answers: RecordedAnswer[] = [];
  const original = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await original(input, init);
    const { pathname } = new URL(response.url || String(input));
    const headers = [...response.headers].map(pair => pair.join(': '));
    const type = response.headers.get('content-type') ?? '';
    // A stream has no end to wait for: whoever reads it keeps what was in it.
    const body = type.includes('event-stream')
      ? ''
      : await response.clone().text();
    answers.push({
      path: `${init?.method ?? 'GET'} ${pathname}`,
      text: [response.status, ...headers, body].join('\n'),
    });
    return response;
  };
  return {
    answers,
    stop() {
      globalThis.fetch = original;
    },
  };
}
