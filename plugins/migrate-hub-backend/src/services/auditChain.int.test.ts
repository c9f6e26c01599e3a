import { AuditWorld } from '../__testUtils__/AuditWorld';
import { Hub } from '../createHub';

let world: AuditWorld;

beforeAll(async () => {
  world = await AuditWorld.create();
});
afterAll(() => world?.drop());

const startHub = () => world.startHub();
const verify = (hub: Hub, query = {}) => world.verify(hub, query);
const tamper = (...statements: string[]) => world.tamper(...statements);
const addEvents = (count: number) => world.addEvents(count);

describe('a chain of twelve events in four batches', () => {
  let hub: Hub;

  beforeAll(() => world.begin());
  const restore = async () => {
    await world.restore();
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
    expect(await world.knex('audit_outbox').pluck('event_id')).toHaveLength(1);
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
    const { uma } = world;
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
});

it('links what comes at once from many, each event once', async () => {
  await world.clear();
  const [one, two] = [startHub(), startHub()];
  one.chainer.start();
  two.chainer.start();
  await Promise.all(Array.from({ length: 8 }, () => addEvents(25)));
  await one.chainer.stop();
  await two.chainer.stop();
  await startHub().chainer.linkAll();
  const answer = await verify(startHub(), { full: true });
  expect(answer).toMatchObject({ ok: true, pending: 0 });
  const [{ count }] = await world.knex('audit_events').count('* as count');
  expect(answer.checked).toBe(Number(count));
});
