import { randomUUID } from 'crypto';
import { Request } from 'express';

const readRequestId = (header: string | undefined): string =>
  header && /^[A-Za-z0-9._-]{1,64}$/.test(header) ? header : randomUUID();

/** What the hub notes about where a call came from. */
export const clientOf = (req: Request) => ({
  address: req.ip,
  agent: req.header('User-Agent')?.slice(0, 1000),
  requestId: readRequestId(req.header('X-Request-Id')),
});
