import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useHub } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { RelativeTime } from '../RelativeTime';
import { StatusBadge } from '../StatusBadge';
import { toneColor } from '../tones';

/** Who decided, what they said, and whether it counts now. */
export const RunApprovals = ({ run }: { run: Run }) => {
  const t = useText();
  const { environments } = useHub();
  const { approvals, approvalsRequired } = run;
  // How many approvals are missing is said already.
  const blockers = run.blockers.filter(({ code }) => code !== 'NOT_APPROVED');
  const selfApproval = environments.find(({ name }) => name === run.environment)
    ?.policy.selfApproval;
  const granted = approvals.filter(
    ({ decision, counts }) => decision === 'approve' && counts,
  ).length;
  return (
    <>
      <Typography variant="body2">
        {t('run.approvalsSoFar', {
          granted: String(granted),
          required: String(approvalsRequired),
        })}
      </Typography>
      {selfApproval && (
        <Typography variant="body2" sx={{ color: toneColor('red') }}>
          {t('run.selfApproval', { environment: run.environment })}
        </Typography>
      )}
      {approvals.length === 0 && (
        <Typography variant="body2" color="text.secondary">
          {t('run.noApprovals')}
        </Typography>
      )}
      <Box component="ul" sx={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {approvals.map(approval => (
          <Box component="li" key={approval.id} sx={{ marginTop: 1 }}>
            <Box
              sx={{
                display: 'flex',
                flexWrap: 'wrap',
                alignItems: 'center',
                gap: 1,
                fontSize: '0.875rem',
              }}
            >
              <StatusBadge
                status={approval.decision === 'deny' ? 'denied' : 'approved'}
              />
              <span>{approval.approver.name}</span>
              <RelativeTime at={approval.at} />
              <Typography variant="body2" color="text.secondary">
                {approval.counts
                  ? t('run.counts')
                  : [t('run.countsNot'), approval.reason]
                      .filter(Boolean)
                      .join(': ')}
              </Typography>
            </Box>
            {approval.comment && (
              <Typography variant="body2" sx={{ whiteSpace: 'pre-wrap' }}>
                “{approval.comment}”
              </Typography>
            )}
          </Box>
        ))}
      </Box>
      {blockers.length > 0 && (
        <Box sx={{ marginTop: 1 }}>
          <Typography variant="body2" fontWeight={600}>
            {t('run.blockers')}
          </Typography>
          <Box component="ul" sx={{ margin: 0, paddingLeft: 3 }}>
            {blockers.map(({ code, message }) => (
              <Typography key={code} component="li" variant="body2">
                {message}
              </Typography>
            ))}
          </Box>
        </Box>
      )}
    </>
  );
};
