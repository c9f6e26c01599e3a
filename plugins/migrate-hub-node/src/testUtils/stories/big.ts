import { KitContext, Teller } from '../KitContext';

/** For machines that have other tests to run. */
const TIMEOUT_MS = 120_000;

const MEGABYTE = 1_000_000;

/**
 * How long one turn of the event loop may take, in milliseconds of processor
 * time: 200 are promised; `cpuUsage` also counts what helps the thread. On a
 * slow machine everything takes longer: there it is a share of the whole.
 */
const MAX_BLOCKED_MS = 500;
const MAX_BLOCKED_SHARE = 0.25;

interface Burden {
  /** The longest turn, and all of them, in milliseconds of processor time. */
  blockedMs: number;
  totalMs: number;
  /** Growth of the process's memory at its highest. */
  megabytes: number;
}

/** Counts processor time and not the clock's: others on the machine do not make it longer. */
async function burdenOf(work: () => Promise<void>): Promise<Burden> {
  const before = process.memoryUsage().rss;
  let [highest, blockedMs, totalMs] = [before, 0, 0];
  let last = process.cpuUsage();
  const look = () => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    const turnMs = (user + system) / 1000;
    totalMs += turnMs;
    blockedMs = Math.max(blockedMs, turnMs);
    highest = Math.max(highest, process.memoryUsage().rss);
  };
  const watch = setInterval(look, 10);
  try {
    await work();
  } finally {
    clearInterval(watch);
    look();
  }
  return { blockedMs, totalMs, megabytes: (highest - before) / MEGABYTE };
}

function assertOthersRan({ blockedMs, totalMs }: Burden): void {
  const most = Math.max(MAX_BLOCKED_MS, MAX_BLOCKED_SHARE * totalMs);
  expect(blockedMs).toBeLessThan(most);
}

export function bigStories(kit: KitContext, { chapter, story }: Teller): void {
  function insert(id: number, bytes: number): string {
    return `INSERT INTO big VALUES (${id}, '${'x'.repeat(bytes)}')`;
  }

  async function plan(sql: string) {
    return kit.driver.plan({
      sql,
      mode: 'auto',
      protectedTables: ['migrations'],
    });
  }

  chapter('a script of fifty megabytes', () => {
    story.each([
      [
        'in a hundred thousand statements',
        100_000,
        () =>
          Array.from({ length: 100_000 }, (_, id) => `${insert(id, 460)};\n`),
      ],
      [
        'in one statement of a million rows',
        1,
        () => [
          'INSERT INTO big VALUES (0, 0)',
          ...Array.from(
            { length: 1_200_000 },
            (_, id) => `,\n(${id}, ${id}, 'some text; here', ${id} + 1)`,
          ),
        ],
      ],
      ['in one literal', 1, () => [insert(1, 50 * MEGABYTE)]],
      [
        'of comments',
        0,
        () =>
          Array.from(
            { length: 1_000_000 },
            () => '-- nothing; at all /* here */ to be seen, really\n',
          ),
      ],
    ])(
      '%s is planned while others run',
      async (_, count, pieces) => {
        const sql = pieces().join('');
        let found = -1;
        const burden = await burdenOf(async () => {
          const { statements, problems } = await plan(sql);
          found = statements.length;
          expect(problems.filter(p => p.severity === 'error')).toEqual([]);
        });
        expect(found).toBe(count);
        assertOthersRan(burden);
      },
      TIMEOUT_MS,
    );
  });

  chapter('much', () => {
    async function burdenOfStatements(
      length: number,
      bytes: number,
    ): Promise<Burden> {
      const session = await kit.open();
      await kit.database.query('CREATE TABLE big (id int, text text)');
      return burdenOf(async () => {
        await session.begin();
        for (let id = 0; id < length; id += 1) {
          await session.execute(insert(id, bytes));
        }
        await session.commit();
      });
    }

    function assertLight(burden: Burden): void {
      assertOthersRan(burden);
      expect(burden.megabytes).toBeLessThan(250);
    }

    story(
      'text in many statements costs little',
      async () => {
        assertLight(await burdenOfStatements(2_000, 25_000));
        const [row] = await kit.database.query('SELECT COUNT(*) AS n FROM big');
        expect(Number(row.n)).toBe(2_000);
      },
      TIMEOUT_MS,
    );

    story(
      'that a statement answers costs little',
      async () => {
        const session = await kit.open();
        let rows: number | undefined;
        const burden = await burdenOf(async () => {
          ({ rows } = await session.execute(kit.samples.gigabyte));
        });
        expect(rows).toBe(1_000_000);
        assertLight(burden);
      },
      TIMEOUT_MS,
    );
  });
}
