import { useCallback, useEffect, useRef, useState } from 'react';

/** An act of the user: whether it is under way, and why it was refused. */
export interface Command<A extends unknown[], T> {
  /** Resolves to undefined if it was refused; the reason is in `error`. */
  run: (...args: A) => Promise<T | undefined>;
  busy: boolean;
  error?: Error;
  reset: () => void;
}

/** Keeps the state of a request that changes something. */
export function useCommand<A extends unknown[], T>(
  act: (...args: A) => Promise<T>,
): Command<A, T> {
  const [state, setState] = useState<{ busy: boolean; error?: Error }>({
    busy: false,
  });
  const latest = useRef(act);
  latest.current = act;
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);

  const run = useCallback(async (...args: A) => {
    setState({ busy: true });
    try {
      const value = await latest.current(...args);
      if (here.current) setState({ busy: false });
      return value;
    } catch (error) {
      if (here.current) setState({ busy: false, error: error as Error });
      return undefined;
    }
  }, []);
  const reset = useCallback(() => setState({ busy: false }), []);
  return { run, reset, ...state };
}
