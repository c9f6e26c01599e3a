import { RunItem } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { waitUntil } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { FaultTarget } from './FaultTarget';
import { effectsOf, ScriptKind } from './scripts';

export interface Checked {
  target: FaultTarget;
  item: RunItem;
  kind: ScriptKind;
  key: string;
}

/**
 * Compares what the hub says of an item with what is in its target: applied
 * exactly once or exactly not, or else told and the statement named; no lock,
 * no session, no item left behind.
 *
 * @returns what is wrong, in words
 */
export async function violationsOf(checked: Checked): Promise<string[]> {
  const { target, item, kind, key } = checked;
  const found: string[] = [];
  const expect = (holds: boolean, what: string) => {
    if (!holds) found.push(what);
  };
  // The last word of a worker precedes the end of its session by a moment.
  await waitUntil(
    'the hub has left the target',
    async () =>
      (await target.hubSessions()).length === 0 && !(await target.isLocked()),
  ).catch(() => found.push('a session of the hub, or its lock, is left'));

  const effects = await effectsOf(target, kind, key);
  const history = await historyOf(target, key);
  const all = effects.every(count => count === 1);
  const none = effects.every(count => count === 0);
  const seen = `effects ${effects.join(' ')}, history ${history}`;
  const said = `${item.status}/${item.outcome}`;

  expect(
    effects.every(count => count <= 1),
    `a statement ran twice: ${seen}`,
  );
  const holes = effects.some(
    (count, index) => count > (effects[index - 1] ?? 1),
  );
  expect(!holes, `a statement was left out: ${seen}`);
  expect(history <= 1, `more than one history row: ${seen}`);
  expect(history === 0 || all, `history row without its effects: ${seen}`);
  expect(
    kind === 'steps' || all || none,
    `a transaction was applied in part: ${seen}`,
  );
  switch (item.outcome) {
    case 'applied':
      expect(all && history === 1, `${said} but ${seen}`);
      expect(item.status === 'executed', `outcome applied as ${item.status}`);
      break;
    case 'not_applied':
      expect(none && history === 0, `${said} but ${seen}`);
      expect(item.status !== 'executed', 'executed with nothing applied');
      break;
    case 'partially_applied':
      expect(!none && history === 0, `${said} but ${seen}`);
      expect(item.status === 'failed', `partial as ${item.status}`);
      break;
    case 'unknown':
      expect(item.status === 'failed', `unknown as ${item.status}`);
      expect(history === 0, `${said} but the history row is there`);
      expect(
        item.error?.statementIndex !== undefined,
        `${said} without the statement in doubt`,
      );
      break;
    default:
      found.push(`no outcome: ${said}`);
  }
  return found;
}

async function historyOf(target: FaultTarget, key: string): Promise<number> {
  const [{ n }] = await target.query(
    `select count(*) as n from information_schema.tables where table_name = 'migrations' and table_schema = ${
      target.isPostgres ? 'current_schema()' : 'database()'
    }`,
  );
  if (Number(n) === 0) return 0;
  return target.count(`migrations where migration_key = '${key}'`);
}
