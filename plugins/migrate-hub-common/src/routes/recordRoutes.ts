import { z } from 'zod';
import * as audit from '../audit';
import * as dashboard from '../dashboard';
import { auditReadPermission, readPermission } from '../permissions';
import { pageSchema } from '../primitives';
import { get, Route } from './Route';

/** What happened, and what waits. */
export const recordRoutes = {
  getDashboard: get({
    path: '/dashboard',
    summary: 'What waits for me, what runs, what happened',
    permission: readPermission,
    response: dashboard.dashboardSchema,
  }),
  listAuditEvents: get({
    path: '/audit-events',
    summary: 'The audit trail, newest first',
    permission: auditReadPermission,
    query: audit.auditQuerySchema,
    response: pageSchema(audit.auditEventSchema),
  }),
  verifyAuditEvents: get({
    path: '/audit-events/verify',
    summary: 'Whether the audit trail is whole, and if not, where',
    permission: auditReadPermission,
    query: audit.auditVerifyQuerySchema,
    response: audit.auditVerificationSchema,
  }),
  exportAuditEvents: get({
    path: '/audit-events/export',
    summary: 'The audit trail as a file, oldest first',
    permission: auditReadPermission,
    query: audit.auditExportQuerySchema,
    response: z.string(),
    produces: ['application/x-ndjson', 'text/csv'],
  }),
  listAuditKeys: get({
    path: '/audit-events/keys',
    summary: 'The public keys that verify what the hub signed',
    permission: auditReadPermission,
    response: z.object({ items: z.array(audit.auditKeySchema) }),
  }),
} satisfies Record<string, Route>;
