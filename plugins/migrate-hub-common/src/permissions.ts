import { createPermission } from '@backstage/plugin-permission-common';

/*
 * A company's Backstage policy can narrow with these. Who may do what by
 * default is decided by the hub's own roles and policies, whatever is allowed here.
 */

/** Read anything but the audit trail. @public */
export const readPermission = createPermission({
  name: 'migrate-hub.read',
  attributes: { action: 'read' },
});
/** Create and change projects, DB sets and DB targets; test connections. @public */
export const inventoryWritePermission = createPermission({
  name: 'migrate-hub.inventory.write',
  attributes: { action: 'update' },
});
/** Create and edit migrations; analyse SQL. @public */
export const migrationWritePermission = createPermission({
  name: 'migrate-hub.migration.write',
  attributes: { action: 'update' },
});
/** Request and preview runs. @public */
export const runRequestPermission = createPermission({
  name: 'migrate-hub.run.request',
  attributes: { action: 'create' },
});
/** Approve and deny. @public */
export const runApprovePermission = createPermission({
  name: 'migrate-hub.run.approve',
  attributes: { action: 'update' },
});
/** Execute, cancel and retry. @public */
export const runExecutePermission = createPermission({
  name: 'migrate-hub.run.execute',
  attributes: { action: 'update' },
});
/** Resolve run items whose outcome is unclear. @public */
export const runResolvePermission = createPermission({
  name: 'migrate-hub.run.resolve',
  attributes: { action: 'update' },
});
/** Read the log lines that may hold rows of a database. Managers and admins only, too. @public */
export const logSensitivePermission = createPermission({
  name: 'migrate-hub.log.sensitive',
  attributes: { action: 'read' },
});
/** Read the audit trail. @public */
export const auditReadPermission = createPermission({
  name: 'migrate-hub.audit.read',
  attributes: { action: 'read' },
});
/** Users and roles. @public */
export const administerPermission = createPermission({
  name: 'migrate-hub.administer',
  attributes: { action: 'update' },
});

/** @public */
export const migrateHubPermissions = [
  readPermission,
  inventoryWritePermission,
  migrationWritePermission,
  runRequestPermission,
  runApprovePermission,
  runExecutePermission,
  runResolvePermission,
  logSensitivePermission,
  auditReadPermission,
  administerPermission,
];
