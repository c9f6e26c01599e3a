import { createTranslationRef } from '@backstage/frontend-plugin-api';
import { evidenceMessages } from './components/admin/evidenceMessages';
import { adminMessages } from './components/admin/messages';
import { approvalsMessages } from './components/approvals/messages';
import { databasesMessages } from './components/databases/messages';
import { clockMessages, policyMessages } from './components/policies/messages';
import { rolloutMessages } from './components/runs/rolloutMessages';
import { runsMessages } from './components/runs/messages';
import { webhookMessages } from './components/webhooks/messages';
import { catalogMessages } from './messages/catalog';
import { dashboardMessages } from './messages/dashboard';
import { editorMessages } from './messages/editor';
import { migrationsMessages } from './messages/migrations';
import { requestMessages } from './messages/request';
import { sharedMessages } from './messages/shared';

/** Every text of the plugin. @alpha */
export const migrateHubTranslationRef = createTranslationRef({
  id: 'migrate-hub',
  messages: {
    ...sharedMessages,
    ...dashboardMessages,
    ...migrationsMessages,
    ...editorMessages,
    ...requestMessages,
    ...catalogMessages,
    ...runsMessages,
    ...approvalsMessages,
    ...databasesMessages,
    ...adminMessages,
    ...evidenceMessages,
    ...policyMessages,
    ...webhookMessages,
    ...rolloutMessages,
    ...clockMessages,
  },
});
