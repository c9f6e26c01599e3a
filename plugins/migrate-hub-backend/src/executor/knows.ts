import { BINDING_SCHEME } from '../domain/binding';

/**
 * Schemes of digests that this executor checks. A run names those it needs, and
 * is claimed by nobody who does not know them: in a rolling upgrade the older
 * replicas leave it alone.
 */
export const EXECUTOR_KNOWS: readonly string[] = [
  'migrate-hub/run/1',
  BINDING_SCHEME,
];
