import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';

/** Filters of a list, kept in the address: back, reload and a shared link bring them again. */
export interface Filters<K extends string> {
  /** Only those that are set. */
  values: Partial<Record<K, string>>;
  /** Of a filter that takes several, comma-separated in the address. */
  several: (name: K) => string[];
  set: (changes: Partial<Record<K, string | string[] | undefined>>) => void;
  clear: () => void;
  /** Whether any is set. */
  active: boolean;
}

/** @param names - a constant outside of the component */
export function useFilters<K extends string>(names: readonly K[]): Filters<K> {
  const [params, setParams] = useSearchParams();

  const values = useMemo(() => {
    const found: Partial<Record<K, string>> = {};
    for (const name of names) {
      const value = params.get(name);
      if (value) found[name] = value;
    }
    return found;
  }, [names, params]);

  const set = useCallback<Filters<K>['set']>(
    changes =>
      setParams(
        before => {
          const next = new URLSearchParams(before);
          for (const [name, value] of Object.entries(changes)) {
            const text = Array.isArray(value)
              ? value.join(',')
              : (value as string | undefined);
            if (text) next.set(name, text);
            else next.delete(name);
          }
          return next;
        },
        // Each letter typed would be a step of "back" otherwise.
        { replace: true },
      ),
    [setParams],
  );

  const several = useCallback(
    (name: K) => values[name]?.split(',') ?? [],
    [values],
  );
  const clear = useCallback(
    () =>
      set(
        Object.fromEntries(names.map(name => [name, undefined])) as Partial<
          Record<K, undefined>
        >,
      ),
    [names, set],
  );
  return {
    values,
    several,
    set,
    clear,
    active: Object.keys(values).length > 0,
  };
}
