import { RootConfigService } from '@backstage/backend-plugin-api';
import {
  Role,
  roleSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { hashPassword, verifyPassword } from '../crypto/passwords';
import { findPasswordHash } from '../store/accounts';
import { findUserByEmail } from '../store/users';
import {
  createConfiguredAccount,
  grantConfiguredRole,
  readEmail,
  setPassword,
} from './accounts';
import { RoleGrants } from './RoleGrants';

interface DemoUser {
  email: string;
  name: string;
  role: Role;
  password: string;
}

/**
 * Accounts for a demo, from `migrateHub.demo.users`; without that key nothing
 * happens.
 *
 * @remarks
 * The password follows the config, so that the one that was printed works. The
 * role does too, until a person changes it.
 */
export async function ensureDemoUsers(options: {
  knex: Knex;
  config: RootConfigService;
  grants: RoleGrants;
}): Promise<void> {
  for (const user of readDemoUsers(options.config)) {
    await ensureDemoUser(options, user);
  }
}

function readDemoUsers(config: RootConfigService): DemoUser[] {
  const entries = config.getOptionalConfigArray('migrateHub.demo.users') ?? [];
  return entries.map((entry, index) => {
    const email = readEmail(entry.getString('email'));
    const role = roleSchema.safeParse(entry.getString('role')).data;
    if (!email || !role) {
      throw new Error(
        `migrateHub.demo.users[${index}] needs an e-mail address, and the role user, manager or admin`,
      );
    }
    return {
      email,
      role,
      name: entry.getOptionalString('name') ?? email,
      password: entry.getString('password'),
    };
  });
}

async function ensureDemoUser(
  { knex, grants }: { knex: Knex; grants: RoleGrants },
  demo: DemoUser,
): Promise<void> {
  const standing = await findUserByEmail(knex, demo.email);
  const known = standing && (await findPasswordHash(knex, standing.id));
  const proved = standing && grants.isProved(standing);
  const current =
    proved && known && (await verifyPassword(known, demo.password));
  const passwordHash = current ? undefined : await hashPassword(demo.password);

  await knex.transaction(async tx => {
    if (!standing) {
      if (passwordHash) {
        const { email, name, role } = demo;
        await createConfiguredAccount(tx, grants, {
          ...{ email, name, role, passwordHash },
        });
      }
      return;
    }
    // First, as it takes away what is not proved.
    if (!standing.roleGrantedBy || !proved) {
      await grantConfiguredRole(tx, grants, standing, demo.role);
    }
    if (passwordHash) {
      await setPassword(tx, grants, {
        userId: standing.id,
        passwordHash,
        by: 'config',
      });
    }
  });
}
