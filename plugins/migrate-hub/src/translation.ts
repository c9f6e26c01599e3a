import { createTranslationRef } from '@backstage/frontend-plugin-api';

/** Every text of the plugin. @alpha */
export const migrateHubTranslationRef = createTranslationRef({
  id: 'migrate-hub',
  messages: {
    page: {
      title: 'Migrate hub',
      subtitle: 'SQL migrations, requested, approved and executed',
      refresh: 'Refresh',
    },
    error: {
      requestId: 'Request id',
      retry: 'Try again',
      signInAgain: 'Sign in again',
      unreachable:
        'The server cannot be reached. Check the connection and try again.',
    },
    me: {
      title: 'You',
      'role.user': 'You can create migrations and request runs.',
      'role.manager': 'You can approve what others request.',
      'role.admin':
        'You can approve what others request, and administer the hub.',
    },
    environments: {
      title: 'Environments',
      empty: 'No environments are configured.',
    },
    migrations: {
      title: 'Migrations',
      empty:
        'No migrations yet. Create the first, or see the five-minute walk in the README.',
      key: 'Key',
      name: 'Name',
      project: 'Project',
      updated: 'Updated',
      more: 'The latest {{shown}} are shown.',
    },
    runs: {
      active: 'In progress',
      activeEmpty: 'Nothing is being executed.',
      recent: 'Recent runs',
      recentEmpty:
        'No runs yet. Request one for a migration in an environment.',
      migration: 'Migration',
      environment: 'Environment',
      status: 'Status',
      targets: 'Targets',
      requested: 'Requested',
      rollback: 'roll back',
      done: '{{done}} of {{total}}',
      unknown: '{{targets}} unknown',
      by: 'by {{name}}',
    },
    state: {
      draft: 'draft',
      awaiting_approve: 'awaiting approval',
      awaiting_approval: 'awaiting approval',
      needs_reapproval: 'needs re-approval',
      approved: 'approved',
      queued: 'queued',
      running: 'running',
      executed: 'executed',
      rollbacked: 'rolled back',
      failed: 'failed',
      denied: 'denied',
      canceled: 'canceled',
    },
  },
});
