import { promotionRefusal, PromotionInput } from './promotion';
import { OTHER_UP, UP } from './__testUtils__/records';
import { EnvironmentStateRecord } from './types';

const inStg = (
  state: EnvironmentStateRecord['state'],
  executed = 2,
): EnvironmentStateRecord => ({
  migrationId: 'm1',
  environment: 'stg',
  state,
  executed,
  total: 2,
});
const ask = (over: Partial<PromotionInput> = {}) =>
  promotionRefusal({
    type: 'apply',
    environment: 'prd',
    requireSuccessIn: 'stg',
    required: { checksumUp: UP },
    source: { state: inStg('executed'), executedChecksum: UP, appliedByUs: 1 },
    ...over,
  });

describe('the way to prd', () => {
  it('is open when this very SQL is executed in stg by a run of ours', () => {
    expect(ask()).toBeUndefined();
  });

  it('is open for a rollback, and where nothing has to come first', () => {
    const never = { state: undefined, appliedByUs: 0 };
    expect(ask({ type: 'rollback', source: never })).toBeUndefined();
    expect(ask({ requireSuccessIn: undefined, source: never })).toBeUndefined();
  });

  it.each<[string, PromotionInput['source'], RegExp]>([
    [
      'it was never in stg',
      { state: undefined, appliedByUs: 0 },
      /not executed in stg\. Run/,
    ],
    [
      'one of two targets is done',
      { state: inStg('approved', 1), executedChecksum: UP, appliedByUs: 1 },
      /1 of 2 targets so far/,
    ],
    [
      'it was rolled back in stg',
      { state: inStg('rollbacked', 0), executedChecksum: UP, appliedByUs: 1 },
      /not executed in stg/,
    ],
    [
      'stg has an older version',
      { state: inStg('executed'), executedChecksum: OTHER_UP, appliedByUs: 2 },
      /other SQL/,
    ],
    [
      'nobody knows what stg has',
      { state: inStg('executed'), appliedByUs: 2 },
      /other SQL/,
    ],
    [
      'another tool put the rows there',
      { state: inStg('executed'), executedChecksum: UP, appliedByUs: 0 },
      /no run of the hub/,
    ],
  ])('is closed while %s', (_story, source, message) => {
    expect(ask({ source })).toMatchObject({
      code: 'PROMOTION_REQUIRED',
      message: expect.stringMatching(message),
    });
  });
});
