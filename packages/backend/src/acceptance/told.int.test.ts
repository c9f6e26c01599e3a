import { HUB_SIGNAL_CHANNEL } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Person } from './__testUtils__/Person';
import { Company, World } from './__testUtils__/World';

jest.setTimeout(180_000);

let world: World;
let company: Company;

beforeAll(async () => {
  world = await World.create();
  company = await Company.create(world, 'postgres');
});
afterAll(async () => {
  await company?.drop();
  await world?.hub.stop();
});

/** What the bell of the portal shows to somebody, once it shows that. */
async function notes(person: Person, wanted: string): Promise<string[]> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const response = await fetch(
      `${world.hub.baseUrl}/api/notifications/notifications`,
      { headers: { Authorization: `Bearer ${person.token}` } },
    );
    const { notifications } = await response.json();
    const titles: string[] = notifications.map(
      (note: { payload: { title: string } }) => note.payload.title,
    );
    if (titles.some(title => title.startsWith(wanted))) return titles;
    if (Date.now() > deadline) {
      throw new Error(`no note '${wanted}', only: ${titles.join('; ')}`);
    }
    await new Promise(done => setTimeout(done, 100));
  }
}

/** An open page: what the portal's signal client gets to hear. */
async function openPage(person: Person) {
  const url = `${world.hub.baseUrl.replace('http', 'ws')}/api/signals`;
  // The first request makes the plugin listen for upgrades, as in the portal.
  await fetch(`${world.hub.baseUrl}/api/signals/health`);
  const heard: { changed: string[] }[] = [];
  const connect = () =>
    new Promise<WebSocket | undefined>(resolve => {
      const socket = new WebSocket(url, person.token);
      const timer = setTimeout(() => {
        socket.close();
        resolve(undefined);
      }, 1_000);
      socket.onopen = () => {
        clearTimeout(timer);
        resolve(socket);
      };
    });
  const socket = (await connect()) ?? (await connect());
  if (!socket) throw new Error('no connection to the signals');
  socket.onmessage = ({ data }) => heard.push(JSON.parse(data).message);
  socket.send(
    JSON.stringify({ action: 'subscribe', channel: HUB_SIGNAL_CHANNEL }),
  );
  return { heard, close: () => socket.close() };
}

it('tells approvers, requester, open pages and the auditor', async () => {
  const page = await openPage(world.user);
  const { id } = await company.create('told', 'create table told (id int)');
  const run = await company.request(id, 'stg');
  const key = `${company.project}-told`;

  expect(await notes(world.manager, 'Approval wanted')).toContain(
    `Approval wanted: ${key} in stg`,
  );
  expect(page.heard.flatMap(({ changed }) => changed)).toContain('run');

  await world.approve(run);
  expect(await notes(world.user, 'Approved')).toContain(
    `Approved: ${key} in stg`,
  );
  await world.executed(world.user, run);
  const mine = await notes(world.user, 'Executed');
  // A later note about a run takes the place of an earlier one.
  expect(mine).toEqual([`Executed: ${key} in stg`]);
  page.close();

  const mirrored = world.hub.output
    .split('\n')
    .filter(line => line.includes('migrate-hub.run-approved'));
  expect(mirrored.join()).toContain(run.id);
  expect(mirrored.join()).toContain('succeeded');
});

it('tells operators how it is', async () => {
  const ready = await fetch(
    `${world.hub.baseUrl}/.backstage/health/v1/readiness`,
  );
  expect(await ready.json()).toEqual({
    status: 'ok',
    parts: {
      ...{ 'metadata database': 'ok', keys: 'ok', executor: 'ok' },
      ...{
        policies: 'ok',
        'audit chain': 'ok',
        'audit trail in targets': 'ok',
      },
      // The tests' hub owns its tables, and writes where the keys are; production should not.
      'owner of the tables': expect.stringContaining('append-only'),
      'keys of tokens': expect.stringContaining('signs in as anybody'),
    },
  });
  const scrape = await fetch(`${world.hub.baseUrl}/metrics`);
  const lines = (await scrape.text()).split('\n');
  for (const line of [
    'migrate_hub_runs_succeeded_total{type="apply",environment="stg"} 1',
    'migrate_hub_sign_ins_total{provider="local",result="succeeded"} 3',
    'migrate_hub_executors 1',
    'migrate_hub_events_untold 0',
  ]) {
    expect(lines).toContain(line);
  }
});
