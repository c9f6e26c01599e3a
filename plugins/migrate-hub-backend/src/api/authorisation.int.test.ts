import {
  Route,
  RouteName,
  routes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { readFileSync } from 'fs';
import { join } from 'path';
import { ApiWorld, CallerName } from './__testUtils__/ApiWorld';
import {
  AuthorisationCase,
  authorisationCases,
} from './__testUtils__/authorisationCases';
import { Scene } from './__testUtils__/Scene';

jest.setTimeout(60_000);

/** The columns of the table. */
const callers: CallerName[] = [
  'anonymous',
  'disabled',
  'user',
  'author',
  'manager',
  'admin',
  'service',
  'plugin',
];

/** Whom a policy of the company cannot narrow: nobody yet, nobody any more, or Backstage asks none. */
const unasked: CallerName[] = ['anonymous', 'disabled', 'service'];

const titleOf = ({ route, story }: AuthorisationCase) => {
  const { method, path }: Route = routes[route];
  return `${method} ${path}${story && `, ${story}`}`;
};

/** Rows of the table in the docs by their first cell; the other cells in order. */
function readTable(): Map<string, string[]> {
  const file = join(__dirname, '../../../../docs/authorisation.md');
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .map(line => line.split('|').slice(1, -1))
    .map(cells => cells.map(cell => cell.trim().replace(/`/g, '')));
  return new Map(rows.map(([title, ...cells]) => [title, cells]));
}

const row = (title: string, cells: string[]) =>
  `| \`${title}\` | ${cells.join(' | ')} |`;

const LONGER_THAN_KEPT_MS = 6_000;

describe('who may call what', () => {
  let world: ApiWorld;
  let scene: Scene;
  const table = readTable();

  beforeAll(async () => {
    world = await ApiWorld.create();
    scene = await Scene.create(world);
  });
  afterAll(() => world?.drop());
  afterEach(() => world.denied.clear());

  let passed = 0;
  const realNow = performance.now.bind(performance);
  beforeAll(() => {
    jest.spyOn(performance, 'now').mockImplementation(() => realNow() + passed);
  });
  afterAll(() => {
    jest.restoreAllMocks();
  });

  /** What each caller is told; where one succeeded, the next finds everything as it was. */
  async function ask(
    asked: AuthorisationCase,
    denied?: string,
  ): Promise<string[]> {
    const cells: string[] = [];
    let request: Awaited<ReturnType<typeof asked.prepare>> | undefined;
    for (const caller of callers) {
      request ??= await asked.prepare(scene);
      if (denied) {
        // What was given for reading a moment ago counts no more.
        passed += LONGER_THAN_KEPT_MS;
        world.denied.add(denied);
      }
      const { status, code } = await request(caller);
      world.denied.clear();
      const isDone = status === routes[asked.route].status;
      cells.push(isDone ? 'yes' : code ?? String(status));
      if (isDone && routes[asked.route].method !== 'GET') request = undefined;
    }
    return cells;
  }

  it('is settled for every route', () => {
    const covered = new Set(authorisationCases.map(({ route }) => route));
    const missing = Object.keys(routes).filter(
      name => !covered.has(name as RouteName),
    );
    // Add a case to __testUtils__/authorisationCases.ts, and to docs/authorisation.md the
    // row that its test then says is missing, once it is what you want.
    expect(missing).toEqual([]);
    expect([...table.keys()].sort()).toEqual(
      authorisationCases.map(titleOf).sort(),
    );
  });

  it.each(
    authorisationCases.map((asked): [string, AuthorisationCase] => [
      titleOf(asked),
      asked,
    ]),
  )('%s', async (title, asked) => {
    const permission = routes[asked.route].permission.name;
    const open = await ask(asked);
    const written = row(title, table.get(title) ?? ['no row in the table']);
    expect(row(title, [...open, permission])).toEqual(written);

    const narrowed = await ask(asked, permission);
    expect(narrowed).toEqual(
      callers.map((caller, index) =>
        unasked.includes(caller) ? open[index] : 'PERMISSION_DENIED',
      ),
    );
  });
});
