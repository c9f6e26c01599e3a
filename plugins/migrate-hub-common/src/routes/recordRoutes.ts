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
} satisfies Record<string, Route>;
