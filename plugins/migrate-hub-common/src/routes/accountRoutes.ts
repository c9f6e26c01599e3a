import { z } from 'zod';
import * as health from '../health';
import * as secrets from '../secrets';
import * as signIn from '../signIn';
import * as users from '../users';
import { administerPermission, readPermission } from '../permissions';
import { pageSchema } from '../primitives';
import { byId, del, get, patch, post, put, Route } from './Route';

/** Who I am, users, sessions and sign-in. */
export const accountRoutes = {
  getMe: get({
    path: '/me',
    summary: 'Who am I and what may I do',
    permission: readPermission,
    response: users.meSchema,
  }),
  listUsers: get({
    path: '/users',
    summary: 'Users',
    permission: administerPermission,
    query: users.userListQuerySchema,
    response: pageSchema(users.userSchema),
  }),
  updateUser: patch({
    path: '/users/:id',
    summary: 'Change the role of a user, disable or enable',
    permission: administerPermission,
    params: byId,
    body: users.userPatchSchema,
    response: users.userSchema,
  }),
  createUser: post(201, {
    path: '/users',
    summary: 'Prepare an account for somebody who has not signed in yet',
    permission: administerPermission,
    body: users.userCreateSchema,
    response: users.userSchema,
    idempotent: true,
  }),
  eraseUser: post(200, {
    path: '/users/:id/erasure',
    summary:
      'Erase e-mail, name, addresses and agents of a disabled user, in the audit trail too',
    permission: administerPermission,
    params: byId,
    response: users.erasureSchema,
  }),
  setOneTimePassword: post(201, {
    path: '/users/:id/one-time-password',
    summary: 'Give a user a password that must be changed, shown once',
    permission: administerPermission,
    params: byId,
    response: users.oneTimePasswordSchema,
  }),
  listSessions: get({
    path: '/sessions',
    summary: "Open sessions: one's own, or for admins everybody's",
    permission: readPermission,
    query: users.sessionListQuerySchema,
    response: pageSchema(users.sessionSchema),
  }),
  revokeSession: del({
    path: '/sessions/:id',
    summary: 'End a session',
    permission: readPermission,
    params: byId,
    response: users.revokedSchema,
  }),
  revokeSessions: del({
    path: '/sessions',
    summary: 'Sign a user out everywhere',
    permission: readPermission,
    query: users.sessionsRevokeQuerySchema,
    response: users.revokedSchema,
  }),
  getAuthSettings: get({
    path: '/settings/auth',
    summary: 'Who may sign in, and how',
    permission: administerPermission,
    response: signIn.authSettingsSchema,
  }),
  updateAuthSettings: put({
    path: '/settings/auth',
    summary: 'Set who may sign in, and how',
    permission: administerPermission,
    body: signIn.authSettingsUpdateSchema,
    response: signIn.authSettingsSchema,
  }),
  getSecretSettings: get({
    path: '/settings/secrets',
    summary: 'The keys that encrypt secrets, by id, and what depends on each',
    permission: administerPermission,
    response: secrets.secretSettingsSchema,
  }),
  getHealth: get({
    path: '/settings/health',
    summary: 'How the hub is, as the replica that answers sees it',
    permission: administerPermission,
    response: z.object({ items: z.array(health.healthFindingSchema) }),
  }),
} satisfies Record<string, Route>;
