import {
  LoggerService,
  RootConfigService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import { HubServices } from './api/services';
import { SecretBox } from './crypto/SecretBox';
import { Signer } from './crypto/Signer';
import { AuthSettings } from './services/AuthSettings';
import { Commands } from './services/Commands';
import { FirstAdmins } from './services/FirstAdmins';
import { GoogleSignIn } from './services/GoogleSignIn';
import { GroupRoles } from './services/GroupRoles';
import { IdentityService } from './services/IdentityService';
import { LocalSignIn } from './services/LocalSignIn';
import { RoleGrants } from './services/RoleGrants';
import { SessionAdministration } from './services/SessionAdministration';
import { SessionOpening } from './services/SessionOpening';
import { SessionsService } from './services/SessionsService';
import { SignInLog, SignInMetrics } from './services/SignInLog';
import { UsersService } from './services/UsersService';

/** The part of the hub that knows people: sign-in, sessions, users. */
export interface SignIn {
  firstAdmins: FirstAdmins;
  grants: RoleGrants;
  identity: IdentityService;
  services: Pick<
    HubServices,
    | 'authSettings'
    | 'googleSignIn'
    | 'localSignIn'
    | 'sessionAdministration'
    | 'sessions'
    | 'signInLog'
    | 'users'
  >;
}

/** @throws Error that names the setting, if one is wrong. */
export function createSignIn(options: {
  commands: Commands;
  config: RootConfigService;
  logger: LoggerService;
  secrets: SecretBox;
  signer: Signer;
  userInfo: Pick<UserInfoService, 'getUserInfo'>;
  metrics?: SignInMetrics;
}): SignIn {
  const { commands, config, logger, secrets, signer, userInfo, metrics } =
    options;
  const { knex } = commands;
  const grants = RoleGrants.create(signer);
  const firstAdmins = FirstAdmins.fromConfig(config, grants);
  const settings = AuthSettings.create({ commands, config, signer });
  const log = SignInLog.create({ knex, logger, metrics });
  const opening = SessionOpening.create({ config, secrets, log });
  const parts = { knex, settings, opening, firstAdmins, grants, log };
  return {
    firstAdmins,
    grants,
    identity: IdentityService.create({
      knex,
      allowedPlugins:
        config.getOptionalStringArray('migrateHub.onBehalfPlugins') ?? [],
      grants,
      groupRoles: GroupRoles.create({ knex, config, grants, userInfo }),
    }),
    services: {
      authSettings: settings,
      googleSignIn: GoogleSignIn.create(parts),
      localSignIn: LocalSignIn.create(parts),
      sessionAdministration: SessionAdministration.create({
        commands,
        limits: opening.limits,
      }),
      sessions: SessionsService.create({ knex, secrets, opening }),
      signInLog: log,
      users: UsersService.create({ commands, settings, grants }),
    },
  };
}
