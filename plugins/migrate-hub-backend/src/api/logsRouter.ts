import {
  logSensitivePermission,
  routes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Request, Response } from 'express';
import Router from 'express-promise-router';
import { Readable } from 'stream';
import { pipeline } from 'stream/promises';
import { CommandContext } from '../services/context';
import { RunEvent } from '../services/logStream';
import { LogAccess } from '../services/LogsService';
import { bearerOf } from './bearer';
import { Call, ContractRouter } from './ContractRouter';
import { HubServices, IdentityResolver } from './services';
import { sendEvents, ServerSentEvent } from './sse';

/** Streams of tokens that never expire end after this, and are resumed. */
const LONGEST_STREAM_MS = 60 * 60 * 1000;

const wantsText = (req: Request) =>
  req.accepts(['application/json', 'text/plain']) === 'text/plain';

const accessOf = async (
  permits: Call<typeof routes.listRunLogs>['permits'],
): Promise<LogAccess> => ({
  sensitive: (await permits(logSensitivePermission)) ? 'permitted' : 'denied',
});

async function sendText(
  res: Response,
  name: string,
  lines: AsyncIterable<string>,
): Promise<undefined> {
  res.status(200).set({
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Disposition': `attachment; filename="${name}.log"`,
  });
  await pipeline(Readable.from(lines), res);
  return undefined;
}

async function* toServerSentEvents(
  events: AsyncIterable<RunEvent>,
): AsyncIterable<ServerSentEvent> {
  for await (const event of events) {
    if (event.type === 'line') {
      yield { id: event.line.seq, event: 'line', data: event.line };
    } else {
      const { type, ...data } = event;
      yield { event: type, data };
    }
  }
}

/** Fires when the token expires, the client goes, or the hub stops. */
function streamEnd(
  res: Response,
  context: CommandContext,
  shutdown: AbortSignal,
): AbortController {
  const controller = new AbortController();
  const end = () => controller.abort();
  const { expiresAt } = context.caller.credentials;
  const left = expiresAt ? expiresAt.getTime() - Date.now() : Infinity;
  const timer = setTimeout(end, Math.min(Math.max(left, 0), LONGEST_STREAM_MS));
  res.once('close', end);
  shutdown.addEventListener('abort', end, { once: true });
  controller.signal.addEventListener('abort', () => {
    clearTimeout(timer);
    shutdown.removeEventListener('abort', end);
  });
  return controller;
}

/** Logs of runs and run items: pages, downloads, and a live stream. */
export function logsRouter(
  contract: ContractRouter,
  services: Pick<HubServices, 'logs'>,
  options: { identity: IdentityResolver; shutdown: AbortSignal },
) {
  const { logs } = services;
  const router = Router();

  contract.handle(
    router,
    routes.listRunLogs,
    async ({ params, query, context, permits, req, res }) => {
      const subject = { runId: params.id };
      const access = await accessOf(permits);
      if (!wantsText(req)) return logs.page(context, subject, query, access);
      const lines = await logs.text(context, subject, query, access);
      return sendText(res, `run-${params.id}`, lines);
    },
  );
  contract.handle(
    router,
    routes.listItemLogs,
    async ({ params, query, context, permits, req, res }) => {
      const subject = { runItemId: params.id };
      const access = await accessOf(permits);
      if (!wantsText(req)) return logs.page(context, subject, query, access);
      const lines = await logs.text(context, subject, query, access);
      return sendText(res, `run-item-${params.id}`, lines);
    },
  );
  contract.handle(
    router,
    routes.streamRun,
    async ({ params, context, permits, req, res }) => {
      const last = Number(req.header('last-event-id') ?? 0);
      const ending = streamEnd(res, context, options.shutdown);
      const { signal } = ending;
      try {
        const events = await logs.stream(context, params.id, {
          after: Number.isSafeInteger(last) && last > 0 ? last : 0,
          signal,
          ...(await accessOf(permits)),
        });
        await sendEvents(res, toServerSentEvents(events), {
          signal,
          // Someone disabled meanwhile reads no further.
          beat: async () => {
            await options.identity.resolve({
              credentials: context.caller.credentials,
              bearer: bearerOf(req),
            });
          },
          end: () => ending.abort(),
        });
      } finally {
        ending.abort();
      }
      return undefined;
    },
  );
  return router;
}
