import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { Readable } from 'stream';
import { pipeline } from 'stream/promises';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** The audit trail. */
export function auditEventsRouter(
  contract: ContractRouter,
  services: Pick<HubServices, 'audit' | 'auditExporter' | 'auditVerifier'>,
) {
  const { audit, auditExporter, auditVerifier } = services;
  const router = Router();
  contract.handle(router, routes.listAuditEvents, ({ context, query }) =>
    audit.list(context, query),
  );
  contract.handle(router, routes.listAuditKeys, ({ context }) =>
    auditVerifier.keys(context),
  );
  contract.handle(
    router,
    routes.verifyAuditEvents,
    ({ context, query, res }) => {
      const gone = new AbortController();
      res.once('close', () => gone.abort());
      return auditVerifier.verify(context, query, gone.signal);
    },
  );
  contract.handle(
    router,
    routes.exportAuditEvents,
    async ({ context, query, res }) => {
      const { name, type, chunks } = await auditExporter.export(context, query);
      res.status(200).set({
        'Content-Type': type,
        'Content-Disposition': `attachment; filename="${name}"`,
        'Cache-Control': 'no-store, no-transform',
      });
      await pipeline(Readable.from(chunks), res);
      return undefined;
    },
  );
  return router;
}
