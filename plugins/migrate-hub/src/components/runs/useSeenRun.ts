import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useEffect, useState } from 'react';

/** The run that the reader has seen, and whether it is another one by now. */
export interface SeenRun {
  /** What an approval is given for: its digest is sent. */
  seen: Run;
  /** There is a newer state that the reader has not confirmed to have read. */
  changed: boolean;
  /** The reader has read it. */
  accept: () => void;
}

/**
 * Holds on to what was shown first, so that nobody approves what changed
 * while they were reading.
 */
export function useSeenRun(current: Run): SeenRun {
  const [seen, setSeen] = useState(current);
  useEffect(() => {
    // The same content: status and approvals may move on without asking.
    setSeen(before =>
      before.id !== current.id || before.digest === current.digest
        ? current
        : before,
    );
  }, [current]);
  const accept = useCallback(() => setSeen(current), [current]);
  return {
    seen,
    changed: seen.id === current.id && seen.digest !== current.digest,
    accept,
  };
}
