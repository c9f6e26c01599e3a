import { isDeepStrictEqual } from 'util';
import { Binding } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { TargetConnection } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { digestedTargetFields } from '../domain/binding';
import { DbTargetRecord } from '../domain/types';
import { ItemFailure } from './ItemFailure';

/** Opens the stored password of a target. */
export interface TargetSecrets {
  open(target: DbTargetRecord): Promise<string>;
}

/** How to get in, and who must answer. */
export interface ApprovedConnection {
  connection: TargetConnection;
  serverIdentity: string;
}

type BoundTarget = Binding['targets'][number];

/**
 * How to get into a target exactly as it was approved.
 *
 * @remarks
 * The server behind the address is checked when it answers: what the last test
 * of the target saw does not matter here.
 *
 * @throws ItemFailure if the target is another one by now or its password
 * cannot be opened for this address
 */
export async function approvedConnection(options: {
  bound: BoundTarget | undefined;
  target: DbTargetRecord | undefined;
  secrets: TargetSecrets;
}): Promise<ApprovedConnection> {
  const { bound, target, secrets } = options;
  if (!bound || !target) {
    throw new ItemFailure(
      'TARGET_CHANGED',
      'This target is not among those that were approved.',
    );
  }
  const { serverIdentity } = bound;
  const current = { ...digestedTargetFields(target), serverIdentity };
  if (!isDeepStrictEqual(bound, current)) {
    throw new ItemFailure(
      'TARGET_CHANGED',
      `The address of '${target.name}' is not the one that was approved. Request the run again.`,
    );
  }
  return {
    serverIdentity,
    connection: {
      host: bound.host,
      port: bound.port,
      database: bound.database,
      username: bound.username,
      password: await openPassword(target, secrets),
      tls: bound.tls,
      historyTable: bound.historyTable,
      historySchema: bound.historySchema,
    },
  };
}

async function openPassword(
  target: DbTargetRecord,
  secrets: TargetSecrets,
): Promise<string> {
  try {
    return await secrets.open(target);
  } catch {
    // Whatever the reason, its words stay here: they come from decryption.
    throw new ItemFailure(
      'SECRET_UNREADABLE',
      target.passwordFrom
        ? `The password of '${target.name}' cannot be had from where it is kept (${target.passwordFrom.from}). Test the target: that says why.`
        : `The stored password of '${target.name}' cannot be decrypted. Type it again.`,
    );
  }
}
