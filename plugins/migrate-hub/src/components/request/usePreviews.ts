import {
  Migration,
  RunPreview,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useDebounced } from '../../hooks/useDebounced';
import { useHubClient } from '../../hooks/useHub';
import { Load, useLoad } from '../../hooks/useLoad';
import { RunPart } from './inventory';

interface PreviewsInput {
  migration: Migration;
  environment: string;
  type: RunType;
  /** Stable between renders. */
  parts: RunPart[];
}

/** What each run would do; one preview a part, in order. */
export function usePreviews(input: PreviewsInput): Load<RunPreview[]> {
  const client = useHubClient();
  const { id } = input.migration;
  const { environment, type, parts } = input;
  // Each preview asks every target: not with every click of a choice.
  const settled = useDebounced(parts, 400);
  const load = useLoad(
    useCallback(
      (signal: AbortSignal) =>
        Promise.all(
          settled.map(({ dbSetIds, targetIds }) =>
            client.call('previewRun', {
              params: { id },
              body: { environment, type, dbSetIds, targetIds },
              signal,
            }),
          ),
        ),
      [client, id, environment, type, settled],
    ),
  );
  const current = settled === parts && !load.loading;
  return {
    ...load,
    // What was seen for another choice says nothing about this one.
    value: current ? load.value : undefined,
    error: current ? load.error : undefined,
    loading: !current,
  };
}
