import {
  Plan,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { endingOf } from './endings';

const plan = {
  mode: 'stepwise',
  statements: [{ line: 1 }, { line: 4 }, { line: 9 }],
} as Plan;

describe('an item whose COMMIT was lost', () => {
  it.each([
    [0, { statementIndex: 0, line: 1 }],
    [1, { statementIndex: 1, line: 4 }],
    [3, { statementIndex: 2, line: 9 }],
  ])(
    'with %i statements durable names the statement in doubt where nobody can be asked',
    (durable, where) => {
      const { result } = endingOf(
        {
          do: 'executed',
          attempt: 1,
          end: {
            facts: { recorded: false, durable, doubt: 'commit' },
            ledgerOpen: true,
            error: new TargetError({
              code: 'CONNECTION_LOST',
              message: 'The connection is lost',
              connectionLost: true,
              commitInDoubt: true,
            }),
          },
          settlement: { settled: false, reason: 'the server is starting up' },
        },
        plan,
      );
      expect(result).toMatchObject({
        status: 'failed',
        outcome: 'unknown',
        error: {
          code: 'CONNECTION_LOST',
          message: expect.stringContaining('the server is starting up'),
          ...where,
        },
      });
    },
  );
});
