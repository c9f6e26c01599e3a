import { isError } from '@backstage/errors';
import { HubError } from '../errors';

const UNIQUE_VIOLATION = '23505';

/**
 * Runs `work` and answers the violation of a unique constraint as a refusal.
 *
 * @param refusals - by name of the constraint; what is not named stays an error
 */
export async function refuseDuplicates<T>(
  refusals: Record<string, () => HubError>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const constraint = violatedConstraint(error);
    const refusal = constraint && refusals[constraint];
    throw refusal ? refusal() : error;
  }
}

function violatedConstraint(error: unknown): string | undefined {
  if (!isError(error) || error.code !== UNIQUE_VIOLATION) return undefined;
  return typeof error.constraint === 'string' ? error.constraint : undefined;
}
