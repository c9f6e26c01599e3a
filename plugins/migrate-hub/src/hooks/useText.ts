import {
  TranslationFunction,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { migrateHubTranslationRef } from '../translation';

type Messages = (typeof migrateHubTranslationRef)['T'];

/** The texts of the plugin in the language of the portal. */
export const useText = (): TranslationFunction<Messages> =>
  useTranslationRef(migrateHubTranslationRef).t;
