import { useCallback } from 'react';
import { useParams } from 'react-router-dom';
import { useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { Loaded } from '../Section';
import { PageSkeleton } from '../Skeletons';
import { EditMigration } from './EditMigration';

/** Edits a migration; what is typed stays, whatever happens on the server meanwhile. */
export const EditMigrationPage = () => {
  const { id = '' } = useParams();
  const client = useHubClient();
  const migration = useLoad(
    useCallback(
      signal => client.call('getMigration', { params: { id }, signal }),
      [client, id],
    ),
  );
  return (
    <Loaded load={migration} skeleton={<PageSkeleton />}>
      {value => <EditMigration migration={value} />}
    </Loaded>
  );
};
