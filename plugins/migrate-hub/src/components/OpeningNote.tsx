import Alert from '@mui/material/Alert';
import { Environment } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../hooks/useText';
import { momentText } from './moment';

/** The zone in which the rules of an environment are written, if any is. */
export const zoneOf = (
  environment: Pick<Environment, 'policy'> | undefined,
): string | undefined => environment?.policy.windows?.[0]?.timeZone;

/** That windows and freezes let nothing start now, and when they do. */
export const OpeningNote = ({ environment }: { environment: Environment }) => {
  const t = useText();
  const { name, opensAt } = environment;
  if (!opensAt) return null;
  const at = momentText(opensAt, zoneOf(environment));
  return <Alert severity="info">{t('opening.closed', { name, at })}</Alert>;
};
