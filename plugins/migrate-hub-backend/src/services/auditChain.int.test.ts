import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { AuditVerification } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { execFile } from 'child_process';
import { generateKeyPairSync } from 'crypto';
import { mkdtemp, rm, writeFile } from 'fs/promises';
import { Knex } from 'knex';
import { tmpdir } from 'os';
import { join, resolve } from 'path';
import { HubHealth } from '../observability/HubHealth';
import { CapturingLogger } from '../__testUtils__/CapturingLogger';
import { testConfig } from '../__testUtils__/testConfig';
import { createHub, Hub } from '../createHub';
import { appendAuditEvent } from '../store/audit';
import { toCheckpoint } from '../store/auditChain';
import { Listener, listenerConnection } from '../store/Listener';
import { createTestDatabase } from '../testing/testDatabase';
import { checkpointText } from './auditEvidence';
import { CommandContext } from './context';

const SCRIPT = resolve(__dirname, '../../../../scripts/audit-verify.mjs');

const der = () =>
  generateKeyPairSync('ed25519')
    .privateKey.export({ format: 'der', type: 'pkcs8' })
    .toString('base64');

let knex: Knex;
let drop: () => Promise<void>;
let ada: CommandContext;
let uma: CommandContext;
let folder: string;
const config = testConfig();

const startHub = (keys = config.migrateHub.signing.keys): Hub => {
  const logger = new CapturingLogger();
  return createHub({
    knex,
    logger,
    config: new ConfigReader({
      migrateHub: { ...config.migrateHub, signing: { keys } },
    }),
    listener: Listener.create({ connect: listenerConnection(knex), logger }),
    drivers: new Map(),
    userInfo: mockServices.userInfo(),
    health: HubHealth.create(),
  });
};

beforeAll(async () => {
  ({ knex, drop } = await createTestDatabase());
  folder = await mkdtemp(join(tmpdir(), 'audit-'));
  const person = async (name: string, role: 'user' | 'admin') => {
    const entityRef = `user:default/${name}`;
    const user = await knex.transaction(tx =>
      startHub().grants.insert(tx, {
        ...{ entityRef, name, role, kind: 'person', provider: 'local' },
        email: `${name}@example.com`,
      }),
    );
    if (!user) throw new Error('taken');
    return { caller: { user, credentials: mockCredentials.user(entityRef) } };
  };
  ada = await person('ada', 'admin');
  uma = await person('uma', 'user');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await drop();
});

/** What only the owner of the tables can do, past the triggers. */
const tamper = (...statements: string[]) =>
  knex.transaction(async tx => {
    await tx.raw(`set local session_replication_role = replica`);
    for (const statement of statements) await tx.raw(statement);
  });

const copies = ['audit_events', 'audit_links', 'audit_checkpoints'];

const addEvents = async (count: number) => {
  const actors = [uma.caller.user.id, ada.caller.user.id];
  for (let i = 0; i < count; i += 1) {
    await knex.transaction(tx =>
      appendAuditEvent(tx, {
        actorId: actors[i % 2],
        action: i % 3 ? 'project.created' : 'login.succeeded',
        entityType: 'project',
        entityId: `p${i}`,
        payload: {
          i,
          ratio: 0.1 * i,
          text: '=1+1 "ü\u2028',
          absent: undefined,
        },
      }),
    );
  }
};

const verify = (hub: Hub, query = {}): Promise<AuditVerification> =>
  hub.services.auditVerifier.verify(ada, query);

describe('a chain of twelve events in four batches', () => {
  let hub: Hub;

  beforeAll(async () => {
    hub = startHub();
    for (let batch = 0; batch < 4; batch += 1) {
      await addEvents(3);
      await hub.chainer.linkAll();
    }
    for (const table of copies) {
      await knex.raw(`create table kept_${table} as table ${table}`);
    }
  });
  /** As it was, and as if no replica had ever looked. */
  const restore = async () => {
    await tamper(
      'delete from audit_outbox',
      ...copies.map(table => `delete from ${table}`),
      ...copies.map(table => `insert into ${table} table kept_${table}`),
      `delete from settings where key = 'audit.verified'`,
    );
    hub = startHub();
  };
  beforeEach(restore);

  it('is whole, and the next time only what is new is looked at', async () => {
    expect(await verify(hub)).toMatchObject({
      ...{ ok: true, checked: 12, after: 0, pending: 0, notes: [] },
      head: { seq: 12, keyId: '1' },
    });
    await addEvents(1);
    expect(await verify(hub)).toMatchObject({
      ...{ ok: true, checked: 0, after: 12, pending: 1 },
    });
    await hub.chainer.linkAll();
    expect(await verify(hub)).toMatchObject({
      ok: true,
      checked: 1,
      after: 12,
    });
    expect(await verify(hub, { full: true })).toMatchObject({
      ...{ ok: true, checked: 13, after: 0 },
    });
  });

  it.each<[string, string[], { seq?: number; reason: RegExp }]>([
    [
      'an altered event',
      [
        `update audit_events set canonical =
           convert_to(replace(convert_from(canonical, 'utf8'), '"p1"', '"p9"'), 'utf8')
          where id = (select event_id from audit_links where seq = 5)`,
      ],
      { seq: 5, reason: /altered/ },
    ],
    [
      'an event that shows something else than was linked',
      [
        `update audit_events set payload = payload || '{"i": 7}'
          where id = (select event_id from audit_links where seq = 5)`,
      ],
      { seq: 5, reason: /columns/ },
    ],
    [
      'another actor',
      [
        `update audit_events set actor_id = null
          where id = (select event_id from audit_links where seq = 8)`,
      ],
      { seq: 8, reason: /columns/ },
    ],
    [
      'a deleted event',
      [
        `delete from audit_events
          where id = (select event_id from audit_links where seq = 2)`,
      ],
      { seq: 2, reason: /deleted/ },
    ],
    [
      'a deleted event with its link',
      [
        `delete from audit_events
          where id = (select event_id from audit_links where seq = 2)`,
        `delete from audit_links where seq = 2`,
      ],
      { seq: 2, reason: /Link 2 is missing/ },
    ],
    [
      'two events that changed places',
      [
        `delete from audit_links where seq in (7, 8)`,
        `insert into audit_links
         select this.seq, other.event_id, other.event_hash, this.hash
           from kept_audit_links this join kept_audit_links other
             on other.seq = 15 - this.seq
          where this.seq in (7, 8)`,
      ],
      { seq: 7, reason: /reordered/ },
    ],
    [
      'an altered event with a chain that was computed anew',
      [
        `update audit_events set payload = payload || '{"i": 7}', canonical =
           convert_to(replace(convert_from(canonical, 'utf8'), '"i":1', '"i":7'), 'utf8')
          where id = (select event_id from audit_links where seq = 11)`,
        `update audit_events set hash = encode(sha256(canonical), 'hex')`,
        `delete from audit_links where seq > 10`,
        `insert into audit_links
         with recursive again as (
           select seq, event_id, event_hash, hash from kept_audit_links where seq = 10
           union all
           select seq + 1, e.id, sha256(e.canonical),
                  sha256(again.hash || int8send(seq + 1) || sha256(e.canonical))
             from again join audit_events e on e.id =
                  (select event_id from kept_audit_links k where k.seq = again.seq + 1))
         select * from again where seq > 10`,
      ],
      { seq: 12, reason: /not the one that was signed: links after 9/ },
    ],
    [
      'the tail cut off, links only',
      [`delete from audit_links where seq > 10`],
      { seq: 11, reason: /cut off/ },
    ],
    [
      'the tail cut off, but the events are there',
      [
        `delete from audit_links where seq > 9`,
        `delete from audit_checkpoints where seq > 9`,
      ],
      { reason: /in no link/ },
    ],
    [
      'a checkpoint signed by somebody else',
      [
        `update audit_checkpoints set signature = set_byte(signature, 3, 7) where seq = 6`,
      ],
      { seq: 6, reason: /not signed/ },
    ],
    [
      'a deleted checkpoint',
      [`delete from audit_checkpoints where seq = 6`],
      { seq: 9, reason: /checkpoint 6 .*deleted/ },
    ],
  ])('finds %s, and where', async (_, statements, found) => {
    await tamper(...statements);
    const answer = await verify(hub, { full: true });
    expect(answer.ok).toBe(false);
    expect(answer.brokenAt?.seq).toBe(found.seq);
    expect(answer.reason).toMatch(found.reason);
  });

  it('does not sign over a chain that was cut or rewritten, and says so', async () => {
    await tamper(`delete from audit_links where seq > 10`);
    await addEvents(1);
    await expect(hub.chainer.linkAll()).rejects.toThrow(
      /link 10.*checkpoint 12/,
    );
    expect(await knex('audit_outbox').pluck('event_id')).toHaveLength(1);
  });

  const cutCleanly = (seq: number) =>
    tamper(
      `delete from audit_events where id in (select event_id from audit_links where seq > ${seq})`,
      `delete from audit_links where seq > ${seq}`,
      `delete from audit_checkpoints where seq > ${seq}`,
    );

  it('finds a tail that was cut off with everything, where somebody remembers it', async () => {
    const { head } = await verify(hub);
    await cutCleanly(9);
    // The verification of before remembers, also over a restart.
    expect(await verify(startHub())).toMatchObject({
      ...{ ok: false, brokenAt: { seq: 10 } },
      reason: expect.stringContaining('cut off'),
    });
    // Nothing in the database does any more: a line of the log still does.
    await tamper(`delete from settings where key = 'audit.verified'`);
    const fresh = startHub();
    expect(await verify(fresh)).toMatchObject({ ok: true });
    expect(
      await verify(fresh, { seq: head?.seq, hash: head?.hash }),
    ).toMatchObject({ ok: false, brokenAt: { seq: 10 } });

    await restore();
    await hub.chainer.linkAll();
    await cutCleanly(9);
    // A replica that runs remembers what it saw, and links nothing more.
    await tamper(`delete from settings where key = 'audit.verified'`);
    expect(await verify(hub)).toMatchObject({
      ok: false,
      brokenAt: { seq: 10 },
    });
    await addEvents(1);
    await expect(hub.chainer.linkAll()).rejects.toThrow(/had reached link 12/);
  });

  it('is for admins, one at a time', async () => {
    const { auditVerifier, auditExporter } = hub.services;
    const forAdmins = expect.objectContaining({ code: 'ROLE_REQUIRED' });
    await expect(auditVerifier.verify(uma, {})).rejects.toEqual(forAdmins);
    await expect(auditVerifier.keys(uma)).rejects.toEqual(forAdmins);
    await expect(auditExporter.export(uma, { format: 'csv' })).rejects.toEqual(
      forAdmins,
    );
    const first = verify(hub);
    await expect(verify(hub)).rejects.toEqual(
      expect.objectContaining({ code: 'TOO_MANY_REQUESTS' }),
    );
    expect((await first).ok).toBe(true);
  });

  describe('exported', () => {
    const exported = async (
      query: Omit<
        Parameters<typeof hub.services.auditExporter.export>[1],
        'format'
      > = {},
      format: 'ndjson' | 'csv' = 'ndjson',
    ): Promise<string[]> => {
      const file = await hub.services.auditExporter.export(ada, {
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
      const { items } = await from.services.auditVerifier.keys(ada);
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

      const { at } = (await knex('audit_checkpoints').where({ seq: 6 }))[0];
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
        const [row] = await knex('audit_checkpoints').where({ seq });
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
      await tamper(
        'delete from audit_checkpoints',
        'delete from audit_links',
        'delete from audit_events where id = (select id from audit_events order by id limit 1)',
        'delete from audit_outbox',
        'insert into audit_outbox select id from audit_events',
      );
      const deceived = startHub();
      await deceived.chainer.linkAll();
      const file = await deceived.services.auditExporter.export(ada, {
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
        lines.findIndex(line =>
          line.startsWith(`{"type":"event","seq":${seq},`),
        );
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
        [
          /events that was signed/,
          copy => copy.splice(five, 1, bare(lines[five])),
        ],
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
      const stranger = startHub([{ id: '1', privateKey: der() }]);
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
      const [event] = await knex('audit_events')
        .where({ action: 'audit.exported' })
        .orderBy('id', 'desc');
      expect(event.payload).toEqual({
        format: 'csv',
        filter: { entityType: 'project', actor: uma.caller.user.id },
      });
    });

    it('goes on verifying when keys rotate', async () => {
      const [old] = config.migrateHub.signing.keys;
      const { items } = await hub.services.auditVerifier.keys(ada);
      hub = startHub([
        { id: 'new', privateKey: der() },
        { id: old.id, publicKey: items[0].publicKey } as unknown as typeof old,
      ]);
      await addEvents(2);
      expect(await audit(await exported())).toMatchObject({ code: 0 });
      expect(await verify(hub, { full: true })).toMatchObject({
        ...{ ok: true, checked: 15, head: { keyId: 'new' } },
      });
    });
  });
});

it('links what comes at once from many, each event once', async () => {
  await tamper(...copies.map(table => `delete from ${table}`));
  const [one, two] = [startHub(), startHub()];
  one.chainer.start();
  two.chainer.start();
  await Promise.all(Array.from({ length: 8 }, () => addEvents(25)));
  await one.chainer.stop();
  await two.chainer.stop();
  await startHub().chainer.linkAll();
  const answer = await verify(startHub(), { full: true });
  expect(answer).toMatchObject({ ok: true, pending: 0 });
  const [{ count }] = await knex('audit_events').count('* as count');
  expect(answer.checked).toBe(Number(count));
});
