import { z } from 'zod';
import * as dashboard from '../dashboard';
import * as runLogs from '../runLogs';
import * as runRequests from '../runRequests';
import * as runs from '../runs';
import {
  readPermission,
  runApprovePermission,
  runExecutePermission,
  runResolvePermission,
} from '../permissions';
import { pageSchema } from '../primitives';
import { byId, get, post, Route } from './Route';

/** Runs, their items and logs. */
export const runRoutes = {
  listRuns: get({
    path: '/runs',
    summary: 'Runs, newest first',
    permission: readPermission,
    query: runRequests.runListQuerySchema,
    response: pageSchema(runs.runSummarySchema),
  }),
  getRun: get({
    path: '/runs/:id',
    summary: 'A run with what is bound, who approved and what happened',
    permission: readPermission,
    params: byId,
    response: runs.runSchema,
  }),
  decideRun: post(201, {
    path: '/runs/:id/approvals',
    summary: 'Approve or deny exactly what the digest covers',
    permission: runApprovePermission,
    params: byId,
    body: runRequests.approvalRequestSchema,
    response: runs.approvalSchema,
    idempotent: true,
  }),
  executeRun: post(202, {
    path: '/runs/:id/execute',
    summary: 'Execute an approved run',
    permission: runExecutePermission,
    params: byId,
    body: runRequests.executeRequestSchema,
    response: runs.runSchema,
  }),
  continueRun: post(202, {
    path: '/runs/:id/continue',
    summary: 'Let the next wave start, or take over a run that waits for that',
    permission: runExecutePermission,
    params: byId,
    body: runRequests.reasonRequestSchema,
    response: runs.runSchema,
  }),
  confirmBreakGlass: post(202, {
    path: '/runs/:id/break-glass',
    summary:
      'As the second admin, let a run start in a freeze or outside the windows',
    permission: runExecutePermission,
    params: byId,
    body: runRequests.breakGlassConfirmationSchema,
    response: runs.runSchema,
  }),
  cancelRun: post(202, {
    path: '/runs/:id/cancel',
    summary: 'Cancel what has not started',
    permission: runExecutePermission,
    params: byId,
    body: runRequests.reasonRequestSchema,
    response: runs.runSchema,
  }),
  retryRun: post(202, {
    path: '/runs/:id/retry',
    summary: 'Execute the failed items again, under the same approval',
    permission: runExecutePermission,
    params: byId,
    body: runRequests.reasonRequestSchema,
    response: runs.runSchema,
  }),
  listRunItems: get({
    path: '/runs/:id/items',
    summary: 'The items of a run',
    permission: readPermission,
    params: byId,
    query: runRequests.runItemListQuerySchema,
    response: pageSchema(runs.runItemSchema),
  }),
  listRunLogs: get({
    path: '/runs/:id/logs',
    summary: 'Log lines of a run',
    permission: readPermission,
    params: byId,
    query: runLogs.logQuerySchema,
    response: runLogs.logPageSchema,
    produces: ['text/plain'],
  }),
  streamRun: get({
    path: '/runs/:id/stream',
    summary: 'Log lines and changes of a run as server-sent events',
    permission: readPermission,
    params: byId,
    response: z.string(),
    produces: ['text/event-stream'],
  }),
  resolveRunItem: post(200, {
    path: '/run-items/:id/resolution',
    summary:
      'Say what is true of an item whose outcome is unclear, or let it go on',
    permission: runResolvePermission,
    params: byId,
    body: runRequests.resolutionRequestSchema,
    response: runs.runItemSchema,
  }),
  listItemStatements: get({
    path: '/run-items/:id/statements',
    summary: 'The statements of a run item and how far each is',
    permission: readPermission,
    params: byId,
    query: runRequests.itemStatementQuerySchema,
    response: pageSchema(runs.itemStatementSchema),
  }),
  listItemLogs: get({
    path: '/run-items/:id/logs',
    summary: 'Log lines of a run item',
    permission: readPermission,
    params: byId,
    query: runLogs.logQuerySchema,
    response: runLogs.logPageSchema,
    produces: ['text/plain'],
  }),
  listPendingApprovals: get({
    path: '/approvals/pending',
    summary: 'Runs that wait for approval, oldest first',
    permission: runApprovePermission,
    query: dashboard.pendingApprovalQuerySchema,
    response: pageSchema(runs.runSummarySchema),
  }),
} satisfies Record<string, Route>;
