import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { migrateHubTranslationRef } from '../translation';

/** The texts of the plugin in the language of the portal. */
export const useText = () => useTranslationRef(migrateHubTranslationRef).t;
