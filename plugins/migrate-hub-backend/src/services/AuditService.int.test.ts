import { InventoryWorld } from '../__testUtils__/InventoryWorld';

describe('the audit trail', () => {
  let world: InventoryWorld;

  beforeAll(async () => {
    world = await InventoryWorld.create();
    await world.createDbSet();
    await world.createDbSet();
  });
  afterAll(() => world.drop());

  it('is for managers and admins', async () => {
    const { audit } = world.services;
    await expect(audit.list(world.users.uma, { limit: 5 })).rejects.toEqual(
      expect.objectContaining({
        code: 'ROLE_REQUIRED',
        details: expect.objectContaining({ who: 'managers or admins' }),
      }),
    );
    const { items } = await audit.list(world.users.mia, { limit: 5 });
    expect(items.map(event => event.action)).toEqual([
      ...['db_set.created', 'project.created'],
      ...['db_set.created', 'project.created'],
    ]);
    expect(items[0]).toMatchObject({
      actor: { email: 'uma@example.com' },
      requestId: 'uma-asks',
      payload: { environment: 'stg' },
    });
    // What people call it, beside the id.
    expect(items[0].entityName).toBe(items[0].payload.name);
    expect(items[1].entityName).toBe(items[1].payload.key);
  });

  it('is filtered and read page by page', async () => {
    const { audit } = world.services;
    const { mia, uma } = world.users;
    const first = await audit.list(mia, {
      ...{ limit: 1, action: 'project.created', actor: 'uma@example.com' },
    });
    const second = await audit.list(mia, {
      ...{ limit: 1, action: 'project.created', actor: uma.caller.user.id },
      cursor: first.nextCursor,
    });
    expect(second.nextCursor).toBeUndefined();
    expect(second.items[0].at <= first.items[0].at).toBe(true);
    expect(second.items[0].id).not.toBe(first.items[0].id);

    const entity = {
      ...{ entityType: 'project' as const, entityId: first.items[0].entityId },
    };
    expect((await audit.list(mia, { limit: 9, ...entity })).items).toEqual(
      first.items,
    );
    expect(
      (await audit.list(mia, { limit: 9, to: second.items[0].at })).items,
    ).toEqual([]);
    expect(
      (await audit.list(mia, { limit: 9, actor: 'nobody@example.com' })).items,
    ).toEqual([]);
  });
});
