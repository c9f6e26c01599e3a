// A small client for the hub's REST API, signed in as a demo account.
// Plain `fetch`, because scripts cannot import the TypeScript client of the common package.

/** Signs in with e-mail and password, as the sign-in page does; `newPassword` changes it. */
export async function signIn({
  backendUrl,
  appUrl,
  email,
  password,
  newPassword,
}) {
  const { backstageIdentity } = await send(
    `${backendUrl}/api/auth/local/refresh`,
    {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-requested-with': 'XMLHttpRequest',
        origin: appUrl,
      },
      body: JSON.stringify({ email, password, newPassword }),
    },
  );
  return hubClient({ backendUrl, token: backstageIdentity.token });
}

/** Calls the hub with a Backstage token. */
export function hubClient({ backendUrl, token }) {
  const call = (method, path, body) =>
    send(`${backendUrl}/api/migrate-hub/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
  return {
    token,
    get: path => call('GET', path),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
    patch: (path, body) => call('PATCH', path, body),
    /** All items of a list, over its pages. */
    async list(path, query = {}) {
      const items = [];
      let cursor;
      do {
        const search = new URLSearchParams({ ...query, limit: '200' });
        if (cursor) search.set('cursor', cursor);
        const page = await call('GET', `${path}?${search}`);
        items.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor);
      return items;
    },
  };
}

async function send(url, init) {
  const response = await fetch(url, {
    ...init,
    // One that was kept open may be closed in the instant in which it is used again.
    headers: { ...init.headers, connection: 'close' },
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok) {
    const { pathname } = new URL(url);
    throw new Error(
      `${init.method} ${pathname} answers ${response.status}: ${reason(text)}`,
    );
  }
  return JSON.parse(text);
}

function reason(text) {
  try {
    return JSON.parse(text).error.message;
  } catch {
    return text.slice(0, 500);
  }
}
