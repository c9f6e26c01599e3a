import Typography from '@mui/material/Typography';
import { useCallback } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { Loaded } from '../Section';
import { SqlDiff } from '../sql';

interface VersionDiffProps {
  id: string;
  from: number;
  to: number;
}

/** What two versions of a migration have different: mode, up and down. */
export const VersionDiff = ({ id, from, to }: VersionDiffProps) => {
  const t = useText();
  const client = useHubClient();
  const both = useLoad(
    useCallback(
      async (signal: AbortSignal) => {
        const read = (version: number) =>
          client.call('getMigrationVersion', {
            params: { id, version },
            signal,
          });
        const [before, after] = await Promise.all([read(from), read(to)]);
        return { before, after };
      },
      [client, id, from, to],
    ),
  );
  return (
    <Loaded load={both}>
      {({ before, after }) => {
        const labels = {
          beforeLabel: t('versions.number', {
            version: String(before.version),
          }),
          afterLabel: t('versions.number', { version: String(after.version) }),
        };
        return (
          <>
            {before.transactionMode !== after.transactionMode && (
              <Typography>
                {t('versions.modeChanged', {
                  before: t(`mode.${before.transactionMode}`),
                  after: t(`mode.${after.transactionMode}`),
                })}
              </Typography>
            )}
            <Typography component="h4" sx={{ fontWeight: 600, marginTop: 1 }}>
              {t('versions.up')}
            </Typography>
            <SqlDiff before={before.sqlUp} after={after.sqlUp} {...labels} />
            {(before.sqlDown ?? after.sqlDown) !== undefined && (
              <>
                <Typography
                  component="h4"
                  sx={{ fontWeight: 600, marginTop: 2 }}
                >
                  {t('versions.down')}
                </Typography>
                <SqlDiff
                  before={before.sqlDown ?? ''}
                  after={after.sqlDown ?? ''}
                  {...labels}
                />
              </>
            )}
          </>
        );
      }}
    </Loaded>
  );
};
