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
}): Promise<void> {
  for (const user of readDemoUsers(options.config)) {
    await ensureDemoUser(options.knex, user);
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

async function ensureDemoUser(knex: Knex, demo: DemoUser): Promise<void> {
  const standing = await findUserByEmail(knex, demo.email);
  const known = standing && (await findPasswordHash(knex, standing.id));
  const current = known && (await verifyPassword(known, demo.password));
  const passwordHash = current ? undefined : await hashPassword(demo.password);

  await knex.transaction(async tx => {
    if (!standing) {
      if (passwordHash) {
        const { email, name, role } = demo;
        await createConfiguredAccount(tx, { email, name, role, passwordHash });
      }
      return;
    }
    if (passwordHash) {
      await setPassword(tx, {
        userId: standing.id,
        passwordHash,
        by: 'config',
      });
    }
    if (!standing.roleGrantedBy) {
      await grantConfiguredRole(tx, standing, demo.role);
    }
  });
}
