import { useEffect } from 'react';

/** The browser asks before a tab with unsaved text is closed or reloaded. */
export function useLeaveGuard({ dirty }: { dirty: boolean }): void {
  useEffect(() => {
    if (!dirty) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [dirty]);
}
