import {
  Engine,
  EnvironmentPolicy,
  Outcome,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  LedgerRow,
  TargetDriver,
  TargetRecord,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { decideOnRecord, RecordDecision } from '../domain/execution';
import { failoverBetween } from '../domain/failover';
import { applyPlan } from './applyPlan';
import { TargetSecrets } from './approvedConnection';
import { askGate, inTime } from './askGate';
import { Ending, endingOf, failed, outcomeBefore, stopped } from './endings';
import { FailPoint, FailPointName } from './failPoints';
import { ItemAttempt } from './ItemAttempt';
import { ItemFailure } from './ItemFailure';
import { needsSettlement } from './outcome';
import { RunMaterial, RunMaterials } from './RunMaterials';
import { ledgerText, proofText, settle } from './settle';
import { TargetConnector } from './TargetConnector';
import { WorkerStore } from './WorkerStore';

/**
 * How long a new session tries to find out what became of a lost one: a server
 * that was killed may need a while before it lets anybody in again.
 */
const SETTLE_MS = 120_000;
/** A worker that dies with its item each time is not helped by a next one. */
const MOST_RECOVERIES = 2;

const NOTHING = { outcome: 'not_applied', done: 0 } as const;

/** Whatever is to be said of the item is the next attempt's to say. */
const lost = (): Ending => stopped('lost', { outcome: 'unknown', done: 0 });

export interface ItemWorkerOptions {
  store: WorkerStore;
  drivers: ReadonlyMap<Engine, TargetDriver>;
  secrets: TargetSecrets;
  checkpoint?: () => string | undefined;
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
 * under its lock, tells what is to be done. Whoever calls records the ending.
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
    const { store, materials } = this.#options;
    const [loaded, target] = await Promise.all([
      materials.get(attempt.run),
      store.target(attempt.targetId),
    ]);
    const connector = await TargetConnector.create({
      ...this.#options,
      attempt,
      loaded,
      target,
    });
    // The script is loaded and hashed meanwhile.
    const [session, material] = await Promise.allSettled([
      attempt.inherits
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
    if (material.mismatch) {
      throw new ItemFailure('SQL_CHANGED', material.mismatch);
    }
    const fresh = !attempt.predecessor;
    // Before the lock: whoever takes over has to know the session that may hold it, even
    // if this process is stopped in this instant, and no lock waits for the store.
    if (fresh && !(await this.#remember(attempt, session))) return lost();
    await this.#takeLock(attempt, at);
    // The session before is gone by now: this one takes its place in the record.
    if (!fresh && !(await this.#remember(attempt, session))) return lost();
    await this.#failPoint('locked', attempt);

    // Both only read, so neither waits for the other. What an earlier attempt did
    // must be told even if the gate is closed now.
    const ask = {
      migrationKey: material.migrationKey,
      runItemId: attempt.itemId,
      direction: material.direction,
    };
    const [gate, read] = await Promise.allSettled([
      attempt.inherits ? undefined : this.#blocked(attempt, NOTHING),
      session.readRecord(ask),
    ]);
    if (gate.status === 'rejected') throw gate.reason;
    if (gate.value) return gate.value;
    await session.prepareTables();
    const record =
      read.status === 'fulfilled' ? read.value : await session.readRecord(ask);
    const decision = await this.#decide(attempt, at, record);
    await this.#failPoint('decided', attempt);
    if (decision.do !== 'execute' && decision.do !== 'resume') {
      return endingOf(decision, material.plan);
    }
    const ending =
      attempt.inherits && (await this.#mayGoOn(attempt, at, decision));
    if (ending) return ending;
    return this.#execute(attempt, at, decision);
  }

  async #decide(
    attempt: ItemAttempt,
    { material, session }: AtTarget,
    record: TargetRecord,
  ): Promise<RecordDecision> {
    const { own } = record;
    if (attempt.inherits) {
      attempt.found('Ledger in the target', ledgerText(own));
    }
    const ask = {
      type: attempt.run.type,
      record,
      boundChecksumUp: material.checksumUp,
      runItemId: attempt.itemId,
      planHash: material.planHash,
      statements: material.plan.statements,
      resume: attempt.resume,
      failover: attempt.recovered
        ? failoverBetween(attempt.predecessor, session.backend)
        : undefined,
    };
    const decision = decideOnRecord(ask);
    if (decision.do !== 'fail' || own?.state !== 'started') return decision;
    const proof = await session.proveOutcome?.(own);
    attempt.found(
      `Proof by the server for statement ${own.position + 1}`,
      proofText(proof),
    );
    return decideOnRecord({ ...ask, proof });
  }

  /** What an earlier attempt left is known; whether the rest may follow is asked as for any other. */
  async #mayGoOn(
    attempt: ItemAttempt,
    { material }: AtTarget,
    decision: Extract<RecordDecision, { do: 'execute' | 'resume' }>,
  ): Promise<Ending | undefined> {
    const done = decision.do === 'resume' ? decision.from : 0;
    // Nothing is left to be sent but our own record.
    if (done === material.plan.statements.length && done > 0) return undefined;
    const at = { outcome: outcomeAt(decision), done };
    const blocked = await this.#blocked(attempt, at);
    if (blocked) return blocked;
    if (attempt.recoveries <= MOST_RECOVERIES) return undefined;
    return failed(
      new ItemFailure(
        'TOO_MANY_ATTEMPTS',
        `${attempt.recoveries} executors fell silent while they had this target. Find out why before it is tried again.`,
      ),
      { ...at, attempt },
    );
  }

  async #execute(
    attempt: ItemAttempt,
    at: AtTarget,
    decision: Extract<RecordDecision, { do: 'execute' | 'resume' }>,
  ): Promise<Ending> {
    const { material, session } = at;
    const resume = decision.do === 'resume' ? decision : undefined;
    attempt.log.write('info', startText(material, resume));
    const ledger: Omit<LedgerRow, 'position' | 'state' | 'statementSha256'> = {
      runItemId: attempt.itemId,
      direction: material.direction,
      migrationKey: material.migrationKey,
      runId: attempt.run.id,
      planHash: material.planHash,
      attempt: attempt.attempt,
      serverId: session.identity.id,
      checkpoint: this.#options.checkpoint?.(),
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
      resume,
      attempt,
      failPoint: this.#options.failPoint,
    });
    if (
      attempt.stopReason === 'lost' ||
      !needsSettlement(end.facts, end.ledgerOpen)
    ) {
      return endingOf(
        { do: 'executed', end, attempt: attempt.attempt },
        material.plan,
        material.bytes,
      );
    }
    attempt.log.write(
      'warn',
      'Asking the target with a new session what became of this one',
    );
    const predecessor = session.backend;
    await session.close();
    const settlement = await settle({
      connect: () => at.connector.connect(),
      predecessor,
      ledger,
      facts: end.facts,
      withinMs: SETTLE_MS,
      lockMs: at.connector.predecessorMs,
      provable: !resume?.redo,
      found: (check, result) => attempt.found(check, result),
    });
    return endingOf(
      { do: 'executed', end, settlement, attempt: attempt.attempt },
      material.plan,
      material.bytes,
    );
  }

  /** @returns false if the item is another attempt's by now */
  async #remember(
    attempt: ItemAttempt,
    { backend }: TargetSession,
  ): Promise<boolean> {
    const kept = await inTime(
      this.#options.store.saveSession(attempt.fence, backend),
      outcomeBefore(attempt),
    );
    if (!kept) attempt.stop('lost');
    return kept;
  }

  async #takeLock(attempt: ItemAttempt, at: AtTarget): Promise<void> {
    const began = Date.now();
    const { predecessor } = attempt;
    await at.session.acquireLock({
      timeoutMs: attempt.inherits
        ? at.connector.predecessorMs
        : at.policy.lockTimeoutSeconds * 1000,
      // A cancel does not tell what an earlier attempt has done: that is read first.
      signal: attempt.inherits ? attempt.leaving : attempt.signal,
      predecessor,
      onWaiting: holder => {
        attempt.waitFor(holder);
        attempt.log.write('info', `Waiting for the lock: ${holder}`);
      },
    });
    attempt.stopWaiting();
    attempt.log.write('info', `Lock taken after ${Date.now() - began} ms`);
    if (attempt.recovered && predecessor) {
      const { pid, startedAt } = predecessor;
      attempt.found(
        'Session of the earlier attempt',
        `session ${pid}, connected since ${startedAt}, is gone`,
      );
    }
  }

  async #blocked(
    attempt: ItemAttempt,
    at: { outcome: Outcome; done: number },
  ): Promise<Ending | undefined> {
    return askGate(this.#options.store, attempt, at);
  }

  async #failPoint(name: FailPointName, attempt: ItemAttempt): Promise<void> {
    await this.#options.failPoint?.(name, attempt.fence);
  }
}

/** What is in the target before anything more is sent. */
function outcomeAt(
  decision: Extract<RecordDecision, { do: 'execute' | 'resume' }>,
): Outcome {
  if (decision.do === 'execute') return 'not_applied';
  if (decision.redo) return 'unknown';
  return decision.from > 0 ? 'partially_applied' : 'not_applied';
}

function startText(
  { plan }: RunMaterial,
  resume: { from: number; message: string } | undefined,
): string {
  const total = plan.statements.length;
  if (resume) {
    return resume.from < total
      ? `${resume.message} Going on with statement ${
          resume.from + 1
        } of ${total}`
      : `${resume.message} Writing the record`;
  }
  const how =
    plan.mode === 'single_transaction'
      ? 'all in one transaction'
      : 'step by step';
  return `Executing ${total} statements, ${how}`;
}
