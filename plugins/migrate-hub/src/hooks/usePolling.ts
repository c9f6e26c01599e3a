import { useEffect, useRef } from 'react';

/**
 * Calls again and again while the page is looked at: not in a hidden tab, and
 * at once when it is shown again.
 *
 * @param everyMs - undefined stops
 */
export function usePolling(
  callback: () => void,
  everyMs: number | undefined,
): void {
  const latest = useRef(callback);
  latest.current = callback;

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
