import { useHub } from '../../hooks/useHub';
import { momentText } from '../moment';
import { zoneOf } from '../OpeningNote';

/** The zone in which the environment of a run thinks, and moments on its clock. */
export function useRunZone(run: { environment: string }) {
  const { environments } = useHub();
  const timeZone = zoneOf(
    environments.find(({ name }) => name === run.environment),
  );
  return { timeZone, moment: (at: string) => momentText(at, timeZone) };
}
