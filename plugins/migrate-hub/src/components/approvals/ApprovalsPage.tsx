import { useFilters } from '../../hooks/useFilters';
import { DecisionPage } from './DecisionPage';
import { Queues } from './Queues';

const RUN = ['run'] as const;

/** May this run? The queues, or, with `?run=`, what is to be decided. */
export const ApprovalsPage = () => {
  const { values, set } = useFilters(RUN);
  const { run } = values;
  return run ? (
    <DecisionPage key={run} id={run} onBack={() => set({ run: undefined })} />
  ) : (
    <Queues />
  );
};
