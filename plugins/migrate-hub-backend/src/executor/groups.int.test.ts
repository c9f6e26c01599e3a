import { ExecutionWorld } from './__testUtils__/ExecutionWorld';

jest.setTimeout(60_000);

describe('executing statements that leave together', () => {
  let world: ExecutionWorld;

  afterEach(async () => {
    await world.drop();
  });

  it('names the one that failed of many that left together, and logs those before it', async () => {
    world = await ExecutionWorld.create();
    await world.startExecutor();
    const inserts = Array.from(
      { length: 400 },
      (_, n) => `insert into items values (${n});`,
    );
    const runId = await world.request({
      key: 'many',
      sqlUp: [
        'create table items (id int check (id <> 300));',
        ...inserts,
      ].join('\n'),
    });
    await world.execute(runId);
    expect(await world.ended(runId)).toBe('failed');
    const [item] = await world.itemsOf(runId);
    expect(item).toMatchObject({
      outcome: 'not_applied',
      error: { sqlState: '23514', statementIndex: 301, line: 302 },
    });
    const log = await world.logOf(runId);
    const done = log.filter(({ message }) => message.startsWith('Statement'));
    expect(done.map(({ message }) => Number(/\d+/.exec(message)?.[0]))).toEqual(
      Array.from({ length: 301 }, (_, n) => n + 1),
    );
    expect(log).toContainEqual(
      expect.objectContaining({
        statementIndex: 301,
        message: expect.stringContaining('Failing row'),
      }),
    );
  });

  /**
   * So that what is approved as one thing would run as another: a setting by
   * which text is read, changed for one statement of a group and put back.
   */
  it.each([
    {
      setting: 'standard_conforming_strings',
      to: 'off',
      back: 'on',
      misread: "'\\' and note = ' or true --'",
    },
    {
      setting: 'client_encoding',
      to: 'GBK',
      back: 'UTF8',
      misread: "E'€\\' or true --'",
    },
  ])(
    'runs nothing that would be read otherwise than approved: $setting',
    async ({ setting, to, back, misread }) => {
      world = await ExecutionWorld.create();
      const [{ knex }] = world.targets;
      await knex.raw('create table accounts (name text, note text)');
      await knex('accounts').insert([{ name: 'ann' }, { name: 'bob' }]);
      await world.startExecutor();
      const set = (value: string) =>
        `insert into accounts (note) select set_config('${setting}', '${value}', false);`;
      const runId = await world.request({
        key: 'misread',
        sqlUp: [
          // By the last of them a group takes more than what follows.
          ...Array.from(
            { length: 7 },
            () => 'delete from accounts where false;',
          ),
          set(to),
          `delete from accounts where name = ${misread};`,
          set(back),
          '',
        ].join('\n'),
      });
      await world.execute(runId);
      expect(await world.ended(runId)).toBe('failed');
      expect(await world.itemsOf(runId)).toMatchObject([
        {
          error: {
            code: 'SESSION_DAMAGED',
            message: expect.stringContaining(setting),
          },
        },
      ]);
      expect(await knex('accounts').orderBy('name').pluck('name')).toEqual([
        'ann',
        'bob',
      ]);
    },
  );
});
