import { useApiHolder } from '@backstage/core-plugin-api';
import { signalApiRef } from '@backstage/plugin-signals-react';
import {
  HUB_SIGNAL_CHANNEL,
  HubSignal,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useEffect, useRef } from 'react';

/** Many changes in a short while are read once. */
const GATHER_MS = 300;

/**
 * Calls when the hub tells that something changed, soon, and once for any
 * number of changes until then; not in a hidden tab. Does nothing in a portal
 * without Backstage's signals.
 */
export function useHubSignal(callback: () => void): void {
  const signals = useApiHolder().get(signalApiRef);
  const latest = useRef(callback);
  latest.current = callback;

  useEffect(() => {
    if (!signals) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const { unsubscribe } = signals.subscribe<HubSignal>(
      HUB_SIGNAL_CHANNEL,
      () => {
        timer ??= setTimeout(() => {
          timer = undefined;
          if (!document.hidden) latest.current();
        }, GATHER_MS);
      },
    );
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [signals]);
}
