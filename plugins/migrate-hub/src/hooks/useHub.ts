import {
  Environment,
  Me,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useApi } from '@backstage/core-plugin-api';
import { createContext, useContext } from 'react';
import { migrateHubApiRef } from '../api';

/** What every page needs, loaded once by the shell. */
export interface Hub {
  me: Me;
  /** In order of promotion. */
  environments: Environment[];
  /** Something about them was changed. */
  reload: () => void;
}

export const HubContext = createContext<Hub | undefined>(undefined);

/** Who is signed in, and the environments in order. Only below the shell. */
export function useHub(): Hub {
  const hub = useContext(HubContext);
  if (!hub) throw new Error('useHub works only below MigrateHubPage');
  return hub;
}

/**
 * Tells whether an environment is protected, by its name. Only below the shell.
 *
 * @remarks
 * One that is not among the environments, as runs of long ago may name, counts
 * as protected: better a guard too many.
 */
export function useIsProtected(): (environment: string) => boolean {
  const { environments } = useHub();
  return environment =>
    environments.find(({ name }) => name === environment)?.protected ?? true;
}

/** The typed client of the API. */
export const useHubClient = () => useApi(migrateHubApiRef);
