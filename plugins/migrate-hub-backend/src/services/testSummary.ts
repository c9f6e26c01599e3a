import { ConnectionTestResult } from '@migrate-hub/backstage-plugin-migrate-hub-node';

/** A connection test as the audit trail keeps it: the words of a server stay out. */
export const testSummary = (result: ConnectionTestResult) => ({
  ok: result.ok,
  failedChecks: result.checks
    .filter(check => !check.ok)
    .map(check => check.name),
});
