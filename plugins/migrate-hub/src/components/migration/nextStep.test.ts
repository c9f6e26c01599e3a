import { nextEnvironment } from './nextStep';

const order = ['daily', 'stg', 'prd'];
const everywhere = {
  daily: 'executed_daily',
  stg: 'executed_stg',
  prd: 'executed_prd',
};

type Case = [string, Record<string, string>, string | undefined];

it.each<Case>([
  ['is nowhere yet', {}, 'daily'],
  ['is on daily', { daily: 'executed_daily' }, 'stg'],
  ['waits in stg', { ...everywhere, stg: 'awaiting_approve_stg' }, 'stg'],
  ['was taken back', { ...everywhere, daily: 'rollbacked_daily' }, 'daily'],
  ['is missing in prd', { ...everywhere, prd: 'needs_reapproval_prd' }, 'prd'],
  ['is everywhere', everywhere, undefined],
])('a migration that %s', (_, states, next) => {
  expect(nextEnvironment({ states }, order)).toBe(next);
});
