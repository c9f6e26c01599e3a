import { Link } from '@backstage/core-components';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import {
  AuditAction,
  AuditEvent,
  policyChangeSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { RelativeTime } from '../RelativeTime';
import { Loaded, Panel } from '../Section';
import { PolicyChanges } from './PolicyChanges';

/** The last ones are enough here; all of them stand in the audit log. */
const SHOWN = 10;

const verbs: Partial<Record<AuditAction, 'changed' | 'proposed' | 'rejected'>> =
  {
    'settings.changed': 'changed',
    'settings.proposed': 'proposed',
    'settings.proposal_rejected': 'rejected',
  };

const Entry = ({ event }: { event: AuditEvent }) => {
  const t = useText();
  const { actor, action, at, payload } = event;
  const verb = verbs[action];
  const changes = policyChangeSchema.array().safeParse(payload.changes);
  return (
    <Box component="li" sx={{ marginTop: 1.5 }}>
      <Typography variant="body2" component="div">
        <b>{actor?.name}</b> {verb && t(`policyHistory.${verb}`)}{' '}
        {payload.proposedBy !== undefined &&
          payload.proposedBy !== actor?.id &&
          `(${t('policyHistory.onBehalf')}) `}
        <RelativeTime at={at} />
        {typeof payload.reason === 'string' && ` · “${payload.reason}”`}
      </Typography>
      {changes.success && <PolicyChanges changes={changes.data} />}
    </Box>
  );
};

/** Who changed the policy, when, and what it was before. Keyed by the revision: another one is read anew. */
export const PolicyHistory = ({ name }: { name: string }) => {
  const t = useText();
  const hub = useHubClient();
  const paths = useHubPaths();
  const entityId = `environment.${name}`;
  const load = useLoad(
    useCallback(
      signal =>
        hub.call('listAuditEvents', {
          query: { entityType: 'settings', entityId, limit: SHOWN },
          signal,
        }),
      [hub, entityId],
    ),
  );
  return (
    <Panel title={t('policyHistory.title')}>
      <Loaded load={load}>
        {({ items }) =>
          items.length === 0 ? (
            <Typography variant="body2" color="text.secondary">
              {t('policyHistory.none')}
            </Typography>
          ) : (
            <>
              <Box
                component="ul"
                sx={{ listStyle: 'none', margin: 0, padding: 0 }}
              >
                {items.map(event => (
                  <Entry key={event.id} event={event} />
                ))}
              </Box>
              <Typography variant="body2" sx={{ marginTop: 1 }}>
                <Link
                  to={`${paths.admin}?view=audit&entityType=settings&entityId=${entityId}`}
                >
                  {t('policyHistory.inAudit')}
                </Link>
              </Typography>
            </>
          )
        }
      </Loaded>
    </Panel>
  );
};
