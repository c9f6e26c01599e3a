import { execFile } from 'child_process';
import { generateKeyPairSync } from 'crypto';
import { mkdtemp, rm, writeFile } from 'fs/promises';
import { tmpdir } from 'os';
import { join, resolve } from 'path';
import { AuditWorld } from '../__testUtils__/AuditWorld';
import { Hub } from '../createHub';
import { toCheckpoint } from '../store/auditChain';
import { checkpointText } from './auditEvidence';

const SCRIPT = resolve(__dirname, '../../../../scripts/audit-verify.mjs');

const der = () =>
  generateKeyPairSync('ed25519')
    .privateKey.export({ format: 'der', type: 'pkcs8' })
    .toString('base64');

let world: AuditWorld;
let hub: Hub;
let folder: string;

beforeAll(async () => {
  world = await AuditWorld.create();
  folder = await mkdtemp(join(tmpdir(), 'audit-'));
  await world.begin();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await world.drop();
});
beforeEach(async () => {
  await world.restore();
  hub = world.startHub();
});

const exported = async (
  query: Omit<
    Parameters<typeof hub.services.auditExporter.export>[1],
    'format'
  > = {},
  format: 'ndjson' | 'csv' = 'ndjson',
): Promise<string[]> => {
  const file = await hub.services.auditExporter.export(world.ada, {
    ...query,
    format,
  });
  let text = '';
  for await (const chunk of file.chunks) text += chunk;
  return text.split('\n').slice(0, -1);
};

/** As an auditor does: the file, the public key, no hub. */
const audit = async (
  lines: string[],
  from = hub,
  kept: string[] = [],
): Promise<{ code: number; says: string }> => {
  const { items } = await from.services.auditVerifier.keys(world.ada);
  const file = join(folder, 'export.ndjson');
  await writeFile(file, `${lines.join('\n')}\n`);
  const keys = await Promise.all(
    items.map(async ({ id, publicKey }) => {
      const path = join(folder, `${id}.pem`);
      await writeFile(path, publicKey);
      return ['--key', path];
    }),
  );
  const checkpoints = join(folder, 'kept.txt');
  await writeFile(checkpoints, kept.join('\n'));
  return new Promise(done => {
    execFile(
      process.execPath,
      [SCRIPT, file, ...keys.flat(), '--checkpoints', checkpoints],
      (error, stdout, stderr) =>
        done({ code: Number(error?.code ?? 0), says: stdout + stderr }),
    );
  });
};

it('verifies without the hub, whole and filtered', async () => {
  const whole = await exported();
  expect(await audit(whole)).toEqual({
    code: 0,
    says: 'ok: links 1 to 13, 13 events, signed at the end\n',
  });
  expect(whole.join()).toContain('audit.exported');

  const filtered = await exported({ action: 'login.succeeded' });
  expect(await audit(filtered)).toMatchObject({
    says: expect.stringContaining('links 1 to 14, 4 events'),
  });
  expect(filtered.join()).not.toContain('project.created');

  const { at } = (await world.knex('audit_checkpoints').where({ seq: 6 }))[0];
  const late = await exported({
    from: at.toISOString().replace(/.Z/, '9Z'),
  });
  expect(await audit(late)).toMatchObject({ code: 0 });
  expect(JSON.parse(late[0]).after).toBeGreaterThanOrEqual(3);
  const early = await exported({ to: at.toISOString() });
  expect(await audit(early)).toMatchObject({ code: 0 });
  expect(JSON.parse(early[0]).seq).toBe(6);
});

it('is compared with checkpoints that targets have kept', async () => {
  const kept = async (seq: number) => {
    const [row] = await world.knex('audit_checkpoints').where({ seq });
    return checkpointText(toCheckpoint(row));
  };
  const six = await kept(6);
  const lines = await exported();
  expect(await audit(lines, hub, [six, await kept(9)])).toMatchObject({
    code: 0,
  });
  const forged = six.replace('"seq":6', '"seq":9');
  expect(await audit(lines, hub, [forged])).toMatchObject({
    code: 1,
    says: expect.stringContaining('not signed by a given key'),
  });

  // Chained anew without one event, by a hub that has seen nothing.
  await world.tamper(
    'delete from audit_checkpoints',
    'delete from audit_links',
    'delete from audit_events where id = (select id from audit_events order by id limit 1)',
    'delete from audit_outbox',
    'insert into audit_outbox select id from audit_events',
  );
  const deceived = world.startHub();
  await deceived.chainer.linkAll();
  const file = await deceived.services.auditExporter.export(world.ada, {
    format: 'ndjson',
  });
  let anew = '';
  for await (const chunk of file.chunks) anew += chunk;
  const anewLines = anew.split('\n').slice(0, -1);
  expect(await audit(anewLines, deceived)).toMatchObject({ code: 0 });
  expect(await audit(anewLines, deceived, [six])).toMatchObject({
    code: 1,
    says: expect.stringContaining('the chain was rewritten'),
  });
});

/** The event as a filter that leaves it out has it. */
const bare = (line: string) => {
  const { seq, hash } = JSON.parse(line);
  return JSON.stringify({ type: 'link', seq, hash });
};

it('finds each change of the file, and where', async () => {
  const lines = await exported();
  const at = (seq: number) =>
    lines.findIndex(line => line.startsWith(`{"type":"event","seq":${seq},`));
  const five = at(5);
  const cases: [says: RegExp, edit: (copy: string[]) => unknown][] = [
    [
      /link 5 .*altered/,
      copy => copy.splice(five, 1, copy[five].replace('"i":1', '"i":2')),
    ],
    [/link 5 is missing/, copy => copy.splice(five, 1)],
    [
      /link 5 is missing, or out of order/,
      copy => copy.splice(five, 2, copy[five + 1], copy[five]),
    ],
    // Left out as by a filter: the end says how many events there were.
    [/events that was signed/, copy => copy.splice(five, 1, bare(lines[five]))],
    [/cut off after link 13/, copy => copy.pop()],
    [/cut off after link 9/, copy => copy.splice(at(10))],
    [
      /not have the seq that was signed/,
      copy => copy.splice(at(10), copy.length - 1 - at(10)),
    ],
    [
      /checkpoint 3 .*not signed/,
      copy =>
        copy.splice(
          at(3) + 1,
          1,
          copy[at(3) + 1].replace('"at":"2', '"at":"3'),
        ),
    ],
  ];
  for (const [says, edit] of cases) {
    const copy = [...lines];
    edit(copy);
    expect(await audit(copy)).toEqual({
      code: 1,
      says: expect.stringMatching(says),
    });
  }
  // One that was asked for against one that was not.
  const filtered = await exported({ action: 'login.succeeded' });
  const [asked, other] = [4, 5].map(seq =>
    filtered.findIndex(line => JSON.parse(line).seq === seq),
  );
  filtered.splice(asked, 1, bare(filtered[asked]));
  filtered.splice(other, 1, lines[five]);
  expect(await audit(filtered)).toEqual({
    code: 1,
    says: expect.stringMatching(/link 5 .*the filter of this export leaves/),
  });
  const stranger = world.startHub([{ id: '1', privateKey: der() }]);
  expect(await audit(lines, stranger)).toMatchObject({ code: 1 });
});

it('is a table that no spreadsheet runs, and leaves an event', async () => {
  const [head, ...rows] = await exported(
    { actor: 'uma@example.com', entityType: 'project' },
    'csv',
  );
  expect(head).toContain('seq,at,action,actor,actorEmail');
  expect(rows).toHaveLength(8);
  expect(rows[0]).toContain('uma@example.com');
  await expect(exported({ actor: 'nobody@example.com' })).rejects.toEqual(
    expect.objectContaining({ code: 'INVALID_INPUT' }),
  );
  const [event] = await world
    .knex('audit_events')
    .where({ action: 'audit.exported' })
    .orderBy('id', 'desc');
  expect(event.payload).toEqual({
    format: 'csv',
    filter: { entityType: 'project', actor: world.uma.caller.user.id },
  });
});

it('goes on verifying when keys rotate', async () => {
  const [old] = world.config.migrateHub.signing.keys;
  const { items } = await hub.services.auditVerifier.keys(world.ada);
  hub = world.startHub([
    { id: 'new', privateKey: der() },
    { id: old.id, publicKey: items[0].publicKey },
  ]);
  await world.addEvents(2);
  expect(await audit(await exported())).toMatchObject({ code: 0 });
  expect(await world.verify(hub, { full: true })).toMatchObject({
    ...{ ok: true, checked: 15, head: { keyId: 'new' } },
  });
});
