import {
  Migration,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Alert from '@mui/material/Alert';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { engineNames } from '../analysis';
import { ErrorNotice } from '../ErrorNotice';
import { RunPart } from './inventory';

interface RequestInput {
  migration: Migration;
  environment: string;
  type: RunType;
  reason: string;
  /** It may not start before. */
  notBefore: string | undefined;
  onRequested: () => void;
  onClose: () => void;
}

interface RequestState {
  busy: boolean;
  error?: Error;
  /** Engines whose run was requested before the error. */
  done: RunPart[];
}

/** Requests the runs, one an engine, and goes to the first. */
export function useRequest(input: RequestInput) {
  const client = useHubClient();
  const paths = useHubPaths();
  const navigate = useNavigate();
  const [state, setState] = useState<RequestState>({ busy: false, done: [] });
  // The same dialog sent again after a lost answer must not make a second run.
  const key = useRef(crypto.randomUUID());

  async function run(parts: RunPart[]): Promise<void> {
    const { migration, environment, type, reason, notBefore } = input;
    const done = [...state.done];
    setState({ busy: true, done });
    let first: string | undefined;
    for (const part of parts) {
      if (done.some(({ engine }) => engine === part.engine)) continue;
      try {
        const { id } = await client.call('requestRun', {
          params: { id: migration.id },
          body: {
            environment,
            type,
            dbSetIds: part.dbSetIds,
            targetIds: part.targetIds,
            reason: reason.trim() || undefined,
            notBefore,
          },
          idempotencyKey: `${key.current}-${part.engine}`,
        });
        first ??= id;
        done.push(part);
      } catch (error) {
        // A corrected request is another one.
        if (done.length === 0) key.current = crypto.randomUUID();
        else input.onRequested();
        setState({ busy: false, error: error as Error, done });
        return;
      }
    }
    input.onRequested();
    input.onClose();
    if (first && parts.length === 1) navigate(paths.run(first));
  }

  return { ...state, run };
}

/** Why it was refused, and what was requested before that. */
export const RequestError = ({ request }: { request: RequestState }) => {
  const t = useText();
  const { error, done } = request;
  if (!error) return null;
  return (
    <>
      {done.map(({ engine }) => (
        <Alert key={engine} severity="info">
          {t('request.partly', { engine: engineNames[engine] })}
        </Alert>
      ))}
      <ErrorNotice error={error} />
    </>
  );
};
