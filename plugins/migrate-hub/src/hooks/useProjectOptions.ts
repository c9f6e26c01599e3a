import { useCallback } from 'react';
import { useHubClient } from './useHub';
import { useLoad } from './useLoad';

/** More than a select can offer; the rest is reached by typing the address. */
const MOST = 200;

/** The projects as options of a filter or a form. */
export function useProjectOptions(): { value: string; label: string }[] {
  const hub = useHubClient();
  const { value } = useLoad(
    useCallback(
      signal =>
        hub.call('listProjects', {
          query: { limit: MOST, archived: 'false' },
          signal,
        }),
      [hub],
    ),
  );
  return (
    value?.items.map(({ key, name }) => ({
      value: key,
      label: name === key ? key : `${name} (${key})`,
    })) ?? []
  );
}
