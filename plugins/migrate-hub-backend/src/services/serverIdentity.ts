import { ConnectionTestResult } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Refusal } from '../domain/refusal';
import { Tx } from '../store/Database';
import { findTwin, KnownIdentity } from '../store/dbTargets';
import { refuse } from './refuse';
import { testSummary } from './testSummary';

/**
 * Why a target may not be that server: another entry is the same database. One
 * database has one entry, in whatever environment, or approvals meant for one
 * would reach the other.
 */
export async function twinRefusal(
  tx: Tx,
  target: { id: string; name: string; serverIdentity: string },
): Promise<Refusal | undefined> {
  const twin = await findTwin(tx, target);
  if (!twin) return undefined;
  return {
    code: 'DUPLICATE_SERVER',
    message: `'${target.name}' is the same database as target '${twin.name}' of DB set '${twin.dbSetName}' (project ${twin.projectKey}, ${twin.environment}): the same server answers, whatever its address. One database has one entry. If it is a restored copy on another server, an admin can confirm that with confirmDistinctServer.`,
    who: 'admins',
    details: {
      target: twin.id,
      project: twin.projectKey,
      environment: twin.environment,
    },
  };
}

/** What a test says about who the server is. */
export interface Identification {
  /** Undefined if nothing new is known. */
  identity?: KnownIdentity;
  audit: Record<string, unknown>;
}

/**
 * Who the server of a target is by the test of what is to be saved.
 *
 * @param ask - `known`: holds on where the test could not tell and the address
 * is the same; `confirmed`: an admin's word that a twin is another server
 * @throws HubError `DUPLICATE_SERVER`
 */
export async function identify(
  tx: Tx,
  ask: {
    target: { id: string; name: string };
    test: ConnectionTestResult;
    known?: string;
    confirmed?: boolean;
  },
): Promise<Identification> {
  const { test, known, confirmed } = ask;
  const { id, name } = ask.target;
  const serverIdentity = test.identity?.id ?? known;
  const audit = { test: testSummary(test), serverIdentity };
  if (serverIdentity && serverIdentity === known && !confirmed) {
    return { audit };
  }
  if (!serverIdentity) return { identity: { distinct: false }, audit };

  const refusal = await twinRefusal(tx, { id, name, serverIdentity });
  if (!refusal) return { identity: { serverIdentity, distinct: false }, audit };
  if (!confirmed) refuse(refusal);
  return {
    identity: { serverIdentity, distinct: true },
    audit: { ...audit, confirmedDistinctFrom: refusal.details?.target },
  };
}
