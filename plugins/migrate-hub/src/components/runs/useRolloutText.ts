import { Canary } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { durationText } from '../Duration';

/** In which waves a run goes, in words. */
export function useRolloutText(): (canary: Canary) => string {
  const t = useText();
  const targets = (count: number) => t('runActs.targets', { count });
  return ({ targets: first, then, waveSize }) =>
    [
      t('rollout.first', { targets: targets(first) }),
      then === 'person'
        ? t('rollout.thenPerson')
        : t('rollout.thenSoak', {
            time: durationText(then.soakMinutes * 60_000),
          }),
      waveSize === undefined
        ? t('rollout.restAtOnce')
        : t('rollout.restInWaves', { targets: targets(waveSize) }),
    ].join(', ');
}
