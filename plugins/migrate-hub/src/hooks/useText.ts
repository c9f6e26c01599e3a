import {
  TranslationRef,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { migrateHubTranslationRef } from '../translation';

type Messages = (typeof migrateHubTranslationRef)['T'];

/** `run_one` and `run_other` are asked for as `run`, with a count. */
type Key<K extends string> = K extends `${infer Base}_${'one' | 'other'}`
  ? Base
  : K;

type Texts = { [K in keyof Messages as Key<K>]: Messages[K] };

type Counted = {
  [K in keyof Messages]: K extends `${infer Base}_other` ? Base : never;
}[keyof Messages];

/** What stands in `{{}}` in a message. */
type Names<M extends string> =
  M extends `${string}{{${infer Name}}}${infer Rest}`
    ? Name | Names<Rest>
    : never;

type Values<K extends keyof Texts> = {
  [N in
    | Names<Texts[K]>
    | (Extract<K, Counted> extends never ? never : 'count')]: N extends 'count'
    ? number
    : string;
};

/**
 * Looks up a text: its key is checked, and that all is given what stands in it.
 *
 * @remarks
 * Backstage's own type says the same, but works it out anew at each of our
 * thousand calls: two thirds of the compiler's time for this package.
 */
export type Text = <K extends keyof Texts>(
  key: K,
  ...values: keyof Values<K> extends never ? [] : [Values<K>]
) => string;

const ref: TranslationRef<string, { [key in string]: string }> =
  migrateHubTranslationRef;

/** The texts of the plugin in the language of the portal. */
export const useText = (): Text => useTranslationRef(ref).t;
