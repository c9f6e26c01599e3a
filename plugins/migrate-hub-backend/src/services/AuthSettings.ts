import { RootConfigService } from '@backstage/backend-plugin-api';
import {
  AuthPolicy,
  AuthSettings as AuthSettingsView,
  SignInOptions,
  authPolicySchema,
  authSettingsUpdateSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { Signer } from '../crypto/Signer';
import { administerRefusal } from '../domain/actions';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { Tx } from '../store/Database';
import { revokeSessionsBy } from '../store/sessions';
import { StoredSetting, findSetting, storeSetting } from '../store/settings';
import { LOCAL_PROVIDER } from './accounts';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { refuse } from './refuse';
import { openSetting, signSetting } from './signedSettings';

const KEY = 'auth';

/** What the config says about sign-in. */
interface Configured {
  /** Holds until an admin sets something else. */
  first: AuthPolicy;
  localForced: boolean;
  google: boolean;
  /** The route of sign-in with a password exists. */
  local: boolean;
  contact?: string;
}

/** Who may sign in, and how: first as configured, then as admins set it. */
export class AuthSettings {
  readonly #commands: Commands;
  readonly #configured: Configured;
  readonly #signer: Signer;

  private constructor(
    commands: Commands,
    configured: Configured,
    signer: Signer,
  ) {
    this.#commands = commands;
    this.#configured = configured;
    this.#signer = signer;
  }

  /** @throws Error that names the setting, at start-up. */
  static create(options: {
    commands: Commands;
    config: RootConfigService;
    signer: Signer;
  }): AuthSettings {
    const { commands, config, signer } = options;
    return new AuthSettings(commands, readConfig(config), signer);
  }

  /** Whom to ask for access. */
  get contact(): string {
    return this.#configured.contact ?? 'Ask an admin of the hub.';
  }

  /** As it holds now. */
  async current(tx: Tx): Promise<AuthSettingsView> {
    return this.#view(await findSetting(tx, KEY));
  }

  /** For the sign-in page, before anybody is known. */
  async options(): Promise<SignInOptions> {
    const { google, local, contact } = this.#configured;
    const { localSignIn, localForced } = await this.current(
      this.#commands.knex,
    );
    return {
      google,
      local: local && (localSignIn || localForced),
      message: contact,
    };
  }

  /** @throws HubError `ROLE_REQUIRED` unless the caller is an admin. */
  async get(context: CommandContext): Promise<AuthSettingsView> {
    refuse(administerRefusal(context.caller));
    return this.current(this.#commands.knex);
  }

  /**
   * Sets all of it. Switched off, sign-in with a password also ends the
   * sessions that came from it.
   *
   * @throws HubError `ROLE_REQUIRED`, `STALE_REVISION`, `LAST_SIGN_IN`.
   */
  async update(
    context: CommandContext,
    change: z.output<typeof authSettingsUpdateSchema>,
  ): Promise<AuthSettingsView> {
    refuse(administerRefusal(context.caller));
    const { expectedRevision, ...policy } = change;
    if (!policy.localSignIn && !this.#configured.google) {
      throw new HubError(
        'LAST_SIGN_IN',
        'Without Google nobody could sign in any more. Configure auth.providers.google first.',
      );
    }
    if (policy.localSignIn && !this.#configured.local) {
      throw new HubError(
        'INVALID_INPUT',
        'Sign-in with a password is not installed: add auth.providers.local to the configuration.',
        { details: { field: 'localSignIn' } },
      );
    }
    return this.#commands.run(context, async tx => {
      const before = await this.current(tx);
      const stored = await storeSetting(tx, {
        key: KEY,
        value: signSetting(this.#signer, KEY, policy),
        expectedRevision,
      });
      if (!stored) {
        throw new HubError(
          'STALE_REVISION',
          'The settings were changed in the meantime. Look again, then decide.',
          { details: { revision: before.revision } },
        );
      }
      const after = this.#view(stored);
      const closed =
        !after.localSignIn && !after.localForced && before.localSignIn;
      await appendAuditEvent(tx, {
        actorId: context.caller.user.id,
        action: 'settings.changed',
        entityType: 'settings',
        entityId: KEY,
        requestId: context.requestId,
        payload: {
          before: authPolicySchema.strip().parse(before),
          after: policy,
          sessionsRevoked: closed
            ? await revokeSessionsBy(tx, LOCAL_PROVIDER)
            : undefined,
        },
      });
      return after;
    });
  }

  #view(stored: StoredSetting | undefined): AuthSettingsView {
    const { first, localForced } = this.#configured;
    // What somebody wrote into the database does not decide who gets in, and as what.
    const value = stored && openSetting(this.#signer, KEY, stored.value);
    const policy = value
      ? authPolicySchema.strip().parse({ ...first, ...value })
      : first;
    return { ...policy, localForced, revision: stored?.revision ?? 0 };
  }
}

function readConfig(config: RootConfigService): Configured {
  const at = 'migrateHub.signIn';
  const google = config.has('auth.providers.google');
  const local = config.has('auth.providers.local');
  const own = config.getOptionalConfig(at);
  const first = authPolicySchema.safeParse({
    // Off where Google is there; without it there is nothing else.
    localSignIn: local && (own?.getOptionalBoolean('localSignIn') ?? !google),
    localForGoogleUsers:
      own?.getOptionalBoolean('localForGoogleUsers') ?? false,
    autoProvision: own?.getOptionalBoolean('autoProvision') ?? true,
    defaultRole: own?.getOptionalString('defaultRole') ?? 'user',
    allowedDomains: own?.getOptionalStringArray('allowedDomains') ?? [],
    allowedEmails: own?.getOptionalStringArray('allowedEmails') ?? [],
    deniedEmails: own?.getOptionalStringArray('deniedEmails') ?? [],
  });
  if (!first.success) {
    const [issue] = first.error.issues;
    throw new Error(`${at}.${issue.path.join('.')}: ${issue.message}`);
  }
  return {
    first: first.data,
    google,
    local,
    localForced:
      local && (own?.getOptionalBoolean('forceLocalSignIn') ?? false),
    contact: own?.getOptionalString('contact'),
  };
}
