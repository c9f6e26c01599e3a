import Typography from '@mui/material/Typography';
import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { Checksum } from '../Checksum';
import { durationText } from '../Duration';
import { Fact, Facts } from './Facts';
import { useRolloutText } from './useRolloutText';
import { useRunZone } from './useRunZone';

/** What an approval covers. */
export const RunBinding = ({ run }: { run: Run }) => {
  const t = useText();
  const rolloutText = useRolloutText();
  const { moment } = useRunZone(run);
  const { lockTimeoutSeconds, statementTimeoutSeconds, rollout, schedule } =
    run.binding;
  return (
    <>
      <Typography variant="body2" color="text.secondary" gutterBottom>
        {t('run.boundHint')}
      </Typography>
      <Facts>
        <Fact name={t('run.digest')}>
          <Checksum value={run.digest} />
        </Fact>
        <Fact name={t('run.checksum')}>
          <Checksum value={run.checksum} />
        </Fact>
        <Fact name={t('run.plan')}>
          <Checksum value={run.planHash} />
        </Fact>
        <Fact name={t('runItems.title')}>
          {t('runActs.targets', { count: run.binding.targets.length })}
          {` · ${run.dbSets.map(({ name }) => name).join(', ')}`}
        </Fact>
        <Fact name={t('run.mode')}>{t(`run.mode.${run.binding.mode}`)}</Fact>
        <Fact name={t('run.lockTimeout')}>
          {durationText(lockTimeoutSeconds * 1000)}
        </Fact>
        <Fact name={t('run.statementTimeout')}>
          {durationText(statementTimeoutSeconds * 1000)}
        </Fact>
        <Fact name={t('run.parallelism')}>
          {t('run.parallelTargets', { count: rollout.parallelism })}
        </Fact>
        {rollout.canary && (
          <Fact name={t('rollout.waves')}>{rolloutText(rollout.canary)}</Fact>
        )}
        {rollout.stopAfterFailures !== undefined && (
          <Fact name={t('rollout.stopAfter')}>
            {t('rollout.stopAfterWhat', { count: rollout.stopAfterFailures })}
          </Fact>
        )}
        {schedule?.notBefore && (
          <Fact name={t('rollout.notBefore')}>
            {moment(schedule.notBefore)}
          </Fact>
        )}
        <Fact name={t('run.revision')}>{run.revision}</Fact>
      </Facts>
    </>
  );
};
