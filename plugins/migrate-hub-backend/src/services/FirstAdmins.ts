import { RootConfigService } from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { hashPassword } from '../crypto/passwords';
import { UserRecord } from '../domain/types';
import { bindFirstAdmin, findPasswordHash } from '../store/accounts';
import { findUserByEmail } from '../store/users';
import {
  createConfiguredAccount,
  grantConfiguredRole,
  readEmail,
  setPassword,
} from './accounts';
import { RoleGrants } from './RoleGrants';

/**
 * The people whom the config makes admins, by e-mail address
 * (`migrateHub.firstAdmins`): so that somebody can appoint the others.
 */
export class FirstAdmins {
  readonly #emails: Set<string>;
  readonly #grants: RoleGrants;
  readonly #initialPassword?: string;

  private constructor(
    emails: Set<string>,
    grants: RoleGrants,
    initialPassword?: string,
  ) {
    this.#emails = emails;
    this.#grants = grants;
    this.#initialPassword = initialPassword;
  }

  /** @throws if an entry is not an e-mail address. */
  static fromConfig(
    config: RootConfigService,
    grants: RoleGrants,
  ): FirstAdmins {
    const entries =
      config.getOptionalStringArray('migrateHub.firstAdmins') ?? [];
    const emails = entries.map((entry, index) => {
      const email = readEmail(entry);
      if (!email) {
        throw new Error(
          `migrateHub.firstAdmins[${index}] is not an e-mail address`,
        );
      }
      return email;
    });
    return new FirstAdmins(
      new Set(emails),
      grants,
      config.getOptionalString('migrateHub.firstAdminPassword'),
    );
  }

  /**
   * Makes the user an admin if the config says so; the user as it is then.
   *
   * @remarks
   * The first who comes with the address has it for ever: an address that
   * changes hands makes nobody else an admin. Nor does one that somebody wrote
   * into the database: `verified` says that it does not come from there.
   */
  async grant(
    tx: Knex.Transaction,
    user: UserRecord,
    options: { verified?: true; requestId?: string } = {},
  ): Promise<UserRecord> {
    if (!user.email || !this.#emails.has(user.email)) return user;
    if (!options.verified && !this.#grants.isProved(user)) return user;
    const owner = await bindFirstAdmin(tx, user.email, user.id);
    if (owner !== user.id) return user;
    const { requestId } = options;
    return grantConfiguredRole(tx, this.#grants, user, 'admin', requestId);
  }

  /**
   * At start: rows that exist become admins. With an initial password, rows that
   * are missing are made and those without a password get it; it never
   * replaces one.
   */
  async ensure(knex: Knex): Promise<void> {
    const passwordHash =
      this.#initialPassword && (await hashPassword(this.#initialPassword));
    for (const email of this.#emails) {
      await knex.transaction(async tx => {
        const standing = await findUserByEmail(tx, email);
        // With a password of ours an account that is not as the hub wrote it begins
        // anew: whoever made it his own does not know that password.
        const anew = passwordHash && standing?.provider !== 'backstage';
        if (standing) {
          await this.grant(tx, standing, anew ? { verified: true } : {});
        }
        if (!passwordHash) return;

        const user =
          standing ??
          (await createConfiguredAccount(tx, this.#grants, {
            email,
            name: email,
            role: 'admin',
            passwordHash,
          }));
        if (await findPasswordHash(tx, user.id)) return;
        await setPassword(tx, this.#grants, {
          userId: user.id,
          passwordHash,
          by: 'config',
        });
      });
    }
  }
}
