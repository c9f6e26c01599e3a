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
  if (!(error instanceof Error)) return undefined;
  const { code, constraint } = error as Error & {
    code?: unknown;
    constraint?: unknown;
  };
  return code === UNIQUE_VIOLATION && typeof constraint === 'string'
    ? constraint
    : undefined;
}
