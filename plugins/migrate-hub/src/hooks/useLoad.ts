import { useCallback, useEffect, useState } from 'react';

/** How far a request of the page is. What was loaded stays while it is loaded again. */
export interface Load<T> {
  value?: T;
  error?: Error;
  loading: boolean;
  reload: () => void;
}

/**
 * Loads when the page opens and when asked again.
 *
 * @param load - stable, by `useCallback`; a new one loads anew
 */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>): Load<T> {
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<Omit<Load<T>, 'reload'>>({
    loading: true,
  });

  useEffect(() => {
    const abort = new AbortController();
    setState(before => ({ value: before.value, loading: true }));
    load(abort.signal).then(
      value => {
        if (!abort.signal.aborted) setState({ value, loading: false });
      },
      error => {
        if (abort.signal.aborted) return;
        setState(before => ({ value: before.value, error, loading: false }));
      },
    );
    return () => abort.abort();
  }, [load, attempt]);

  const reload = useCallback(() => setAttempt(count => count + 1), []);
  return { ...state, reload };
}
