import { isDeepStrictEqual } from 'util';
import { Binding } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { TargetConnection } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { digestedTargetFields } from '../domain/binding';
import { DbTargetRecord } from '../domain/types';
import { ItemFailure } from './ItemFailure';

type Credentials = Pick<TargetConnection, 'password' | 'clientCertificate'>;

/** Opens what is stored to get into a target with. */
export interface TargetSecrets {
  open(target: DbTargetRecord): Promise<Credentials>;
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
      ...(await openCredentials(target, secrets)),
      tls: bound.tls,
      historyTable: bound.historyTable,
      historySchema: bound.historySchema,
    },
  };
}

async function openCredentials(
  target: DbTargetRecord,
  secrets: TargetSecrets,
): Promise<Credentials> {
  try {
    return await secrets.open(target);
  } catch {
    // Whatever the reason, its words stay here: they come from decryption.
    const outside = target.passwordFrom ?? target.clientCertificate?.from;
    const what = `The password${
      target.clientCertificate ? ' or the client certificate' : ''
    } of '${target.name}'`;
    throw new ItemFailure(
      'SECRET_UNREADABLE',
      outside
        ? `${what} cannot be had from where it is kept (${outside.from}). Test the target: that says why.`
        : `${what} cannot be decrypted. Type it again.`,
    );
  }
}
