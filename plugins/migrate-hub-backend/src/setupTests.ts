import { watchAnswers } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';

watchAnswers();
