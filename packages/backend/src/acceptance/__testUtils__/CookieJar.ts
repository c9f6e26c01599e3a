interface Cookie {
  name: string;
  value: string;
  host: string;
  path: string;
  attributes: string;
}

/** What a browser does with cookies and redirects, as far as sign-in needs it. */
export class CookieJar {
  /** Every value that any jar ever held for the host of the hub or the provider. */
  static readonly seen = new Set<string>();
  readonly #cookies: Cookie[] = [];

  /** One request; no redirect is followed. */
  async fetch(
    url: string,
    init: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const { hostname, port, pathname } = new URL(url);
    const host = `${hostname}:${port}`;
    const cookies = this.#cookies
      .filter(
        cookie => cookie.host === host && pathname.startsWith(cookie.path),
      )
      .map(({ name, value }) => `${name}=${value}`);
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: {
        ...init.headers,
        ...(cookies.length > 0 && { Cookie: cookies.join('; ') }),
      },
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line, host);
    return response;
  }

  find(name: string): Cookie | undefined {
    return this.#cookies.find(cookie => cookie.name === name);
  }

  set(name: string, value: string): void {
    const cookie = this.find(name);
    if (!cookie) throw new Error(`there is no cookie ${name}`);
    cookie.value = value;
  }

  #keep(line: string, host: string): void {
    const [pair, ...attributes] = line.split('; ');
    const [name, ...rest] = pair.split('=');
    const path =
      attributes.find(text => text.startsWith('Path='))?.slice(5) ?? '/';
    const index = this.#cookies.findIndex(
      cookie =>
        cookie.name === name && cookie.host === host && cookie.path === path,
    );
    if (index >= 0) this.#cookies.splice(index, 1);
    const value = decodeURIComponent(rest.join('='));
    if (value) {
      CookieJar.seen.add(value);
      this.#cookies.push({
        name,
        value,
        host,
        path,
        attributes: attributes.join('; '),
      });
    }
  }
}
