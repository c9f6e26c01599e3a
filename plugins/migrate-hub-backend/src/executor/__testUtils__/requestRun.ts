import {
  EnvironmentPolicy,
  TransactionMode,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { TargetDriver } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Knex } from 'knex';
import { sha256 } from '../../crypto/canonical';
import { Signer } from '../../crypto/Signer';
import { BINDING_SCHEME, buildBinding, digestOf } from '../../domain/binding';
import { DbTargetRecord } from '../../domain/types';
import { signApproval } from '../../services/approvalEvidence';
import { insertApproval } from '../../store/approvals';
import { newId } from '../../store/Database';
import {
  insertMigration,
  insertVersion,
  saveSqlText,
} from '../../store/migrations';
import { savePlan } from '../../store/plans';
import { insertRunItems } from '../../store/runItems';
import { insertRevision } from '../../store/runRevisions';
import { insertRun, updateRun } from '../../store/runs';

/** What is to run. The migration is made when its key is new. */
export interface Script {
  key: string;
  sqlUp: string;
  sqlDown?: string;
  type?: 'apply' | 'rollback';
  mode?: TransactionMode;
}

interface Request extends Script {
  driver: TargetDriver;
  policy: EnvironmentPolicy;
  projectId: string;
  dbSetId: string;
  userId: string;
  targets: DbTargetRecord[];
  signer: Signer;
  /** Another than the requester. */
  approverId: string;
}

/** Writes a run in status `approved` as the services do it, without their checks. */
export async function requestRun(
  knex: Knex,
  request: Request,
): Promise<string> {
  const { type = 'apply', mode = 'auto', targets, policy, userId } = request;
  const sql = type === 'apply' ? request.sqlUp : request.sqlDown ?? '';
  const { plan, problems } = await request.driver.plan({
    sql,
    mode,
    protectedTables: ['migrations', 'migrations_ledger'],
  });
  if (!plan) throw new Error(`refused: ${JSON.stringify(problems)}`);

  const runId = newId();
  await knex.transaction(async tx => {
    const migrationId = await migrationOf(tx, request);
    const { hash } = await savePlan(tx, plan, problems);
    await insertRun(
      tx,
      {
        id: runId,
        migrationId,
        projectId: request.projectId,
        environment: 'daily',
        engine: request.driver.engine,
        type,
        requestedBy: userId,
        needs: [BINDING_SCHEME],
      },
      [request.dbSetId],
    );
    const bound = {
      runId,
      revision: 1,
      version: 1,
      planHash: hash,
      checksum: sha256(sql),
    };
    const binding = buildBinding({
      ...bound,
      type,
      environment: 'daily',
      migrationKey: request.key,
      mode: plan.mode,
      policy,
      targets,
    });
    await insertRevision(tx, {
      ...bound,
      migrationId,
      policy,
      binding,
      digest: digestOf(binding),
      cause: 'requested',
      createdBy: userId,
    });
    await insertRunItems(
      tx,
      targets.map((target, ordinal) => ({
        id: newId(),
        runId,
        migrationId,
        targetId: target.id,
        ordinal,
        checksumUp: sha256(request.sqlUp),
        statementsTotal: plan.statements.length,
      })),
    );
    await insertApproval(
      tx,
      signApproval(request.signer, {
        id: newId(),
        runId,
        revision: 1,
        decision: 'approve',
        digest: digestOf(binding),
        approverId: request.approverId,
        createdAt: new Date(),
      }),
    );
    await updateRun(tx, runId, { status: 'approved' });
  });
  return runId;
}

async function migrationOf(
  tx: Knex.Transaction,
  request: Request,
): Promise<string> {
  const { key, sqlUp, sqlDown, userId } = request;
  const known = await tx('migrations').where({ key }).first('id');
  if (known) return known.id;

  const migrationId = newId();
  await insertMigration(tx, {
    id: migrationId,
    projectId: request.projectId,
    key,
    name: key,
    userId,
  });
  for (const text of [sqlUp, ...(sqlDown ? [sqlDown] : [])]) {
    await saveSqlText(tx, {
      checksum: sha256(text),
      bytes: Buffer.from(text),
    });
  }
  await insertVersion(tx, {
    migrationId,
    version: 1,
    checksumUp: sha256(sqlUp),
    checksumDown: sqlDown && sha256(sqlDown),
    transactionMode: request.mode ?? 'auto',
    userId,
  });
  return migrationId;
}
