import { Knex } from 'knex';
import { canonicalJson } from '../crypto/canonical';
import { Signer } from '../crypto/Signer';
import { AdminCircle } from '../domain/secondAdmin';
import { UserRecord } from '../domain/types';
import { Tx } from '../store/Database';
import { revokeSessionsOf } from '../store/sessions';
import {
  findAdminCircle,
  insertUser,
  lockUser,
  NewUser,
  setGrant,
  updateUser,
  UserChange,
} from '../store/users';
import { mintEntityRef } from './entityRefs';

/** Grants that were verified a moment ago; each call asks again. */
const MOST_KNOWN = 2_000;

const grantBytes = (
  user: UserRecord,
  grant: { at: Date; keyId: string },
): Buffer =>
  Buffer.from(
    canonicalJson({
      scheme: 'migrate-hub/role-grant/1',
      user: user.id,
      entityRef: user.entityRef,
      kind: user.kind,
      email: user.email,
      issuer: user.proof?.issuer,
      sub: user.proof?.sub,
      password: user.proof?.passwordDigest,
      passwordGivenBy: user.proof?.passwordGivenBy,
      role: user.ownRole,
      groupRole: user.groupRole,
      grantedBy: user.roleGrantedBy,
      disabled: user.disabled,
      at: grant.at.toISOString(),
      keyId: grant.keyId,
    }),
    'utf8',
  );

/**
 * Signs what a user may do, together with all that says who it is: a role that
 * somebody wrote into the database counts as `user`, and so does one whose
 * account was made somebody else's.
 *
 * @remarks
 * Every write of such a field comes through here. A row that was changed from
 * outside is not signed along: it stays unproved until the role is given again.
 */
export class RoleGrants {
  readonly #signer: Signer;
  readonly #known = new Set<string>();

  private constructor(signer: Signer) {
    this.#signer = signer;
  }

  static create(signer: Signer): RoleGrants {
    return new RoleGrants(signer);
  }

  /** Whether the row is as the hub wrote it. */
  isProved(user: UserRecord): boolean {
    const { grant } = user;
    if (!grant || this.#signer.isCompromised(grant.keyId, grant.at)) {
      return false;
    }
    const bytes = grantBytes(user, grant);
    const seen = `${grant.signature.toString('base64')} ${bytes}`;
    if (this.#known.has(seen)) return true;
    if (!this.#signer.verify(grant.keyId, bytes, grant.signature)) return false;
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.add(seen);
    return true;
  }

  /** The user with the role that counts. */
  counted(user: UserRecord): UserRecord {
    if (this.isProved(user)) return user;
    return { ...user, role: 'user', ownRole: 'user', groupRole: undefined };
  }

  /** For what takes two admins. */
  async adminCircle(tx: Tx): Promise<AdminCircle> {
    const proved = (await findAdminCircle(tx)).filter(one =>
      this.isProved(one),
    );
    return new Map(proved.map(user => [user.id, user]));
  }

  /** Undefined if somebody was quicker: another row has the entity ref or e-mail address. */
  async insert(
    tx: Knex.Transaction,
    user: NewUser,
  ): Promise<UserRecord | undefined> {
    const created = await insertUser(tx, user);
    return created && this.#sign(tx, created);
  }

  /**
   * Changes a user; the user as it counts then.
   *
   * @remarks
   * A role that is given to a row that was changed from outside makes it sound
   * again, but without its password, its account at the identity provider and
   * its sessions: those may be somebody else's.
   */
  async update(
    tx: Knex.Transaction,
    id: string,
    change: UserChange,
  ): Promise<UserRecord> {
    const before = await lockUser(tx, id);
    if (!before) throw new Error(`no user ${id}`);
    if (this.isProved(before)) {
      return this.#sign(tx, await updateUser(tx, id, change));
    }
    if (!change.role) return this.counted(await updateUser(tx, id, change));
    await revokeSessionsOf(tx, id);
    const isOurs = before.kind === 'person' && before.provider !== 'backstage';
    const updated = await updateUser(tx, id, {
      ...change,
      groupRole: change.groupRole ?? 'none',
      reset: { entityRef: isOurs ? mintEntityRef() : before.entityRef },
    });
    return this.#sign(tx, updated);
  }

  async #sign(tx: Knex.Transaction, user: UserRecord): Promise<UserRecord> {
    const clock = await tx.raw(
      `select date_trunc('milliseconds', clock_timestamp()) as at`,
    );
    const at: Date = clock.rows[0].at;
    const keyId = this.#signer.currentKeyId;
    const { signature } = this.#signer.sign(grantBytes(user, { at, keyId }));
    return setGrant(tx, user.id, { at, keyId, signature });
  }
}
