import { useParams } from 'react-router-dom';
import { useHubClient } from '../../hooks/useHub';
import { Loaded } from '../Section';
import { PageSkeleton } from '../Skeletons';
import { RunView } from './RunView';
import { useRun } from './useRun';

/** What is happening, is it safe, what may I do? */
export const RunPage = () => {
  const { id = '' } = useParams();
  const load = useRun(useHubClient(), id);
  return (
    <Loaded load={load} skeleton={<PageSkeleton />}>
      {({ run, items }) => (
        <RunView run={run} items={items} onChanged={load.reload} />
      )}
    </Loaded>
  );
};
