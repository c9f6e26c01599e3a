import { setTimeout as sleep } from 'timers/promises';
import {
  Engine,
  EnvironmentPolicy,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  LedgerRow,
  TargetDriver,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Knex } from 'knex';
import { decideOnRecord } from '../domain/execution';
import { Refusal } from '../domain/refusal';
import { findDbTarget } from '../store/dbTargets';
import { applyPlan } from './applyPlan';
import { TargetSecrets } from './approvedConnection';
import {
  Ending,
  endingOf,
  failed,
  ItemFailure,
  outcomeBefore,
} from './endings';
import { FailPoint, FailPointName } from './failPoints';
import { ItemAttempt } from './ItemAttempt';
import { needsSettlement } from './outcome';
import { RunMaterial, RunMaterials } from './RunMaterials';
import { settle } from './settle';
import { TargetConnector } from './TargetConnector';

/** How long a new session tries to find out what became of a lost one. */
const SETTLE_MS = 30_000;
/** A target is locked while the gate is asked: no longer than this. */
const GATE_TIMEOUT_MS = 10_000;
/** A worker that dies with its item each time is not helped by a next one. */
const MOST_ATTEMPTS = 3;

/** The one gate, as the executor asks it. */
export interface ClaimGate {
  claimBlockers(tx: Knex, runId: string): Promise<Refusal[]>;
}

export interface ItemWorkerOptions {
  knex: Knex;
  drivers: ReadonlyMap<Engine, TargetDriver>;
  secrets: TargetSecrets;
  gate: ClaimGate;
  materials: RunMaterials;
  failPoint?: FailPoint;
}

/** What is at hand once a worker is connected. */
interface AtTarget {
  policy: EnvironmentPolicy;
  material: RunMaterial;
  session: TargetSession;
  /** For a second session, when this one is lost. */
  connector: TargetConnector;
}

/**
 * Works on one claimed item, on one session, from connecting to the end.
 *
 * @remarks
 * Decides nothing by what the hub remembers: the record in the target, read
 * under its lock, tells what is to be done. Writes nothing to the metadata
 * store; whoever calls records the ending.
 */
export class ItemWorker {
  readonly #options: ItemWorkerOptions;

  private constructor(options: ItemWorkerOptions) {
    this.#options = options;
  }

  static create(options: ItemWorkerOptions): ItemWorker {
    return new ItemWorker(options);
  }

  /** Never throws. The session is closed and the lock free when this resolves. */
  async work(attempt: ItemAttempt): Promise<Ending> {
    try {
      await this.#failPoint('claimed', attempt);
      return await this.#attempt(attempt);
    } catch (error) {
      // Statements report their failures themselves, see applyPlan.
      return failed(error, { outcome: outcomeBefore(attempt), attempt });
    } finally {
      attempt.stopWaiting();
      await this.#failPoint('closed', attempt).catch(() => undefined);
    }
  }

  async #attempt(attempt: ItemAttempt): Promise<Ending> {
    const { knex, materials } = this.#options;
    const [loaded, target] = await Promise.all([
      materials.get(attempt.run),
      findDbTarget(knex, attempt.targetId),
    ]);
    const connector = TargetConnector.create({
      ...this.#options,
      attempt,
      loaded,
      target,
    });
    // The script is loaded and hashed meanwhile.
    const [session, material] = await Promise.allSettled([
      attempt.recovered
        ? connector.connectWithin(SETTLE_MS)
        : connector.connect(),
      loaded.material,
    ]);
    if (session.status === 'rejected') throw session.reason;
    try {
      if (material.status === 'rejected') throw material.reason;
      return await this.#onTarget(attempt, {
        policy: loaded.policy,
        material: material.value,
        session: session.value,
        connector,
      });
    } finally {
      await session.value.close();
    }
  }

  /** Holds the lock of the target from here to the end. */
  async #onTarget(attempt: ItemAttempt, at: AtTarget): Promise<Ending> {
    const { material, session } = at;
    const { log } = attempt;
    if (material.mismatch) {
      throw new ItemFailure('SQL_CHANGED', material.mismatch);
    }
    await this.#takeLock(attempt, at);
    await this.#failPoint('locked', attempt);

    // What an earlier attempt did must be told even if the gate is closed now.
    if (!attempt.recovered) {
      const blocked = await this.#blocked(attempt);
      if (blocked) return blocked;
    }
    await session.prepareTables();
    const record = await session.readRecord({
      migrationKey: material.migrationKey,
      runItemId: attempt.itemId,
      direction: material.direction,
    });
    const decision = decideOnRecord({
      type: attempt.run.type,
      record,
      boundChecksumUp: material.checksumUp,
      runItemId: attempt.itemId,
      planHash: material.planHash,
    });
    await this.#failPoint('decided', attempt);
    if (decision.do !== 'execute') {
      return endingOf(decision, material.plan);
    }
    if (attempt.recovered) {
      const blocked = await this.#blocked(attempt);
      if (blocked) return blocked;
      if (attempt.attempt > MOST_ATTEMPTS) {
        throw new ItemFailure(
          'TOO_MANY_ATTEMPTS',
          `${
            attempt.attempt - 1
          } workers died while they had this target. Nothing of it is applied; find out why, then retry.`,
          { outcome: 'not_applied' },
        );
      }
    }
    log.write(
      'info',
      `Executing ${material.plan.statements.length} statements, ${
        material.plan.mode === 'single_transaction'
          ? 'all in one transaction'
          : 'step by step'
      }`,
    );
    return this.#execute(attempt, at);
  }

  async #execute(attempt: ItemAttempt, at: AtTarget): Promise<Ending> {
    const { material, session } = at;
    const ledger: Omit<LedgerRow, 'position' | 'state' | 'statementSha256'> = {
      runItemId: attempt.itemId,
      direction: material.direction,
      migrationKey: material.migrationKey,
      runId: attempt.run.id,
      planHash: material.planHash,
      attempt: attempt.attempt,
      serverId: session.identity.id,
    };
    attempt.beginExecuting();
    const end = await applyPlan({
      session,
      plan: material.plan,
      bytes: material.bytes,
      ledger,
      history: {
        migrationKey: material.migrationKey,
        checksumUp: material.checksumUp,
        checksumDown: material.checksumDown,
        appliedBy: material.appliedBy,
        toolRunId: attempt.run.id,
      },
      attempt,
      failPoint: this.#options.failPoint,
    });
    if (
      attempt.stopReason === 'lost' ||
      !needsSettlement(end.facts, end.ledgerOpen)
    ) {
      return endingOf({ do: 'executed', end }, material.plan, material.bytes);
    }
    attempt.log.write(
      'warn',
      'Asking the target with a new session what became of this one',
    );
    await session.close();
    const settlement = await settle({
      connect: () => at.connector.connect(),
      ledger,
      facts: end.facts,
      withinMs: SETTLE_MS,
    });
    return endingOf(
      { do: 'executed', end, settlement },
      material.plan,
      material.bytes,
    );
  }

  async #takeLock(attempt: ItemAttempt, at: AtTarget): Promise<void> {
    const began = Date.now();
    await at.session.acquireLock({
      timeoutMs: at.policy.lockTimeoutSeconds * 1000,
      // A cancel does not tell what an earlier attempt has done: that is read first.
      signal: attempt.recovered ? attempt.leaving : attempt.signal,
      onWaiting: holder => {
        attempt.waitFor(holder);
        attempt.log.write('info', `Waiting for the lock: ${holder}`);
      },
    });
    attempt.stopWaiting();
    attempt.log.write('info', `Lock taken after ${Date.now() - began} ms`);
  }

  async #blocked(attempt: ItemAttempt): Promise<Ending | undefined> {
    const { knex, gate } = this.#options;
    const timeout = new AbortController();
    try {
      const blockers = await Promise.race([
        gate.claimBlockers(knex, attempt.run.id),
        sleep(GATE_TIMEOUT_MS, undefined, { signal: timeout.signal }).then(
          () => {
            throw new ItemFailure(
              'INTERNAL',
              'The hub could not find out in time whether this may still run',
              { outcome: 'not_applied' },
            );
          },
        ),
      ]);
      if (blockers.length === 0) return undefined;
      const reasons = blockers.map(({ message }) => message).join(' ');
      return {
        ...failed(new ItemFailure('GATE_CLOSED', reasons), {
          outcome: 'not_applied',
          attempt,
        }),
        blockers,
      };
    } finally {
      timeout.abort();
    }
  }

  async #failPoint(name: FailPointName, attempt: ItemAttempt): Promise<void> {
    await this.#options.failPoint?.(name, attempt.fence);
  }
}
