import { Config } from '@backstage/config';

const ID = /^[A-Za-z0-9_-]{1,32}$/;

/**
 * Reads a list of `{ id, <field> }` from the config.
 *
 * @param read - makes a key of the text, or throws with what is wrong with it
 * @throws Error that names the setting and never shows a key.
 */
export function readConfigKeys<K>(
  config: Config,
  options: {
    key: string;
    field: string;
    /** Read where `field` is not there. */
    alternative?: string;
    advice: string;
    read: (text: string, entry: Config) => K;
  },
): [{ id: string; key: K }, ...{ id: string; key: K }[]] {
  const { key, field, alternative, advice, read } = options;
  const keys: { id: string; key: K }[] = [];
  for (const [index, entry] of (
    config.getOptionalConfigArray(key) ?? []
  ).entries()) {
    const at = `${key}[${index}]`;
    const id = entry.getString('id');
    if (!ID.test(id)) {
      throw new Error(
        `${at}.id must be 1 to 32 letters, digits, hyphens or underscores`,
      );
    }
    if (keys.some(one => one.id === id)) {
      throw new Error(`${at}.id '${id}' is there twice`);
    }
    const text =
      entry.getOptionalString(field) ??
      (alternative && entry.getOptionalString(alternative));
    if (!text) throw new Error(`${at}.${field} is not set. ${advice}`);
    try {
      keys.push({ id, key: read(text, entry) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'is not valid';
      throw new Error(`${at}.${field} ${reason}. ${advice}`);
    }
  }
  const [first, ...rest] = keys;
  if (!first) throw new Error(`${key} is not set. ${advice}`);
  return [first, ...rest];
}
