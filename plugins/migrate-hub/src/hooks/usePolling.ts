import { useEffect, useRef } from 'react';
import { useHubSignal } from './useHubSignal';

/**
 * Calls again and again while the page is looked at: not in a hidden tab, and
 * at once when it is shown again, or when the hub says that something changed.
 * A portal without signals is left with the interval.
 *
 * @param everyMs - undefined leaves it with what the hub says
 */
export function usePolling(
  callback: () => void,
  everyMs: number | undefined,
): void {
  const latest = useRef(callback);
  latest.current = callback;
  useHubSignal(callback);

  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const tick = () => {
      if (!document.hidden) latest.current();
    };
    const timer = setInterval(tick, everyMs);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, [everyMs]);
}
