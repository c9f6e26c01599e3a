import { LoggerService } from '@backstage/backend-plugin-api';
import { Engine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { TargetDriver } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Knex } from 'knex';
import { setTimeout as sleep } from 'timers/promises';
import { Alarm } from '../services/Alarm';
import { KnownRevisions } from '../services/KnownRevisions';
import {
  Claim,
  Claimant,
  LostLease,
  RunItemsService,
} from '../services/RunItemsService';
import { newId } from '../store/Database';
import { CANCEL, CHANNELS, Listener } from '../store/Listener';
import { heldItems } from '../store/runItemClaims';
import { TargetSecrets } from './approvedConnection';
import { Backoff } from './Backoff';
import { Ending } from './endings';
import { FailPoint } from './failPoints';
import { Flusher } from './Flusher';
import { Heartbeat } from './Heartbeat';
import { ItemAttempt } from './ItemAttempt';
import { EndedAttempts } from './EndedAttempts';
import { ItemWorker } from './ItemWorker';
import { EXECUTOR_KNOWS } from './knows';
import { ExecutorMetrics } from './metrics';
import { RunMaterials } from './RunMaterials';
import { ClaimGate, WorkerStore } from './WorkerStore';

export interface ExecutorConfig {
  /** Items that this replica works on at a time. */
  parallelism: number;
  /** Silent for so long, an executor loses its items to others. */
  leaseSeconds: number;
  /** How often to look for work that nobody told about. */
  pollSeconds: number;
  /** How long running items may go on after a request to stop. */
  graceSeconds: number;
}

export interface ExecutorOptions {
  knex: Knex;
  /** A pool of one or two connections that nothing else uses. */
  heartbeatKnex: Knex;
  listener: Listener;
  items: RunItemsService;
  revisions: KnownRevisions;
  drivers: ReadonlyMap<Engine, TargetDriver>;
  secrets: TargetSecrets;
  gate: ClaimGate;
  /** Of the audit trail, to be kept in the targets. */
  checkpoint?: () => string | undefined;
  logger: LoggerService;
  config: ExecutorConfig;
  metrics: ExecutorMetrics;
  failPoint?: FailPoint;
}

/**
 * For so long the run whose turn it was at the last look is gone on with, item
 * for item, without a look at the others.
 */
const TURN_MS = 1_000;

/** Another executor is at the run: it will be through in a moment. */
const CONTENDED_MS = 20;

/** A look for work takes milliseconds; something is wrong if none ended for so long. */
const LOOK_MS = 30_000;

/** What keeps work from being taken is told again after so long. */
const TELL_MS = 60_000;

/** After the grace period, time for a worker to get to its next stop. */
const STOP_MS = 2_000;

/**
 * The loop that claims run items and has workers execute them. One on each
 * replica; they share the work through the metadata database and know nothing
 * of each other.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #id = newId();
  /** What is at work here. The heartbeat and the flusher see to the same set. */
  readonly #attempts = new Set<ItemAttempt>();
  readonly #working = new Set<Promise<void>>();
  readonly #alarm = new Alarm();
  readonly #flusher: Flusher;
  readonly #heartbeat: Heartbeat;
  readonly #ended: EndedAttempts;
  readonly #worker: ItemWorker;
  #loop: Promise<void> | undefined;
  #unsubscribe: (() => void) | undefined;
  #stopping = false;
  /** When the loop last looked for work without an error. */
  #lastLook = performance.now();
  /** Whose turn it was when all runs were looked at, and when that was. */
  #turn: { runId: string; at: number } | undefined;
  /** What last kept work from being taken, and when that was logged. */
  #told: { message: string; at: number } | undefined;
  /** Nothing more can be recorded: whatever is left is for others to recover. */
  #abandoned = false;

  private constructor(options: ExecutorOptions) {
    const { knex, logger, config } = options;
    this.#options = options;
    this.#flusher = Flusher.create({ knex, logger });
    this.#heartbeat = Heartbeat.create({
      knex: options.heartbeatKnex,
      logger,
      executorId: this.#id,
      leaseSeconds: config.leaseSeconds,
      pollSeconds: config.pollSeconds,
      attempts: this.#attempts,
      adopt: itemIds => this.#adopt(itemIds),
    });
    this.#ended = EndedAttempts.create({
      items: options.items,
      metrics: options.metrics,
      flusher: this.#flusher,
      next: {
        claimant: runId =>
          this.#hasTurn(runId) ? this.#claimant() : undefined,
        begin: claim => this.#begin(claim),
      },
    });
    this.#worker = ItemWorker.create({
      store: WorkerStore.create({ knex, gate: options.gate }),
      drivers: options.drivers,
      secrets: options.secrets,
      checkpoint: options.checkpoint,
      materials: RunMaterials.create(options),
      failPoint: options.failPoint,
    });
  }

  static create(options: ExecutorOptions): Executor {
    return new Executor(options);
  }

  get id(): string {
    return this.#id;
  }

  /** Why this executor does no work now, if so. */
  problem(): string | undefined {
    const { leaseSeconds } = this.#options.config;
    const seconds = (ms: number) => Math.round(ms / 1000);
    if (!this.#loop) return 'it was not started yet';
    const silent = this.#heartbeat.silentMs;
    if (silent === undefined) return 'it has had no heartbeat yet';
    if (silent > leaseSeconds * 1000) {
      return `its last heartbeat was ${seconds(
        silent,
      )} s ago: others take over its items`;
    }
    const idle = performance.now() - this.#lastLook;
    if (idle > LOOK_MS + leaseSeconds * 1000) {
      return `it has not looked for work for ${seconds(idle)} s`;
    }
    return undefined;
  }

  /** Starts the loop; while it runs, a second call does nothing. */
  start(): void {
    if (this.#loop || this.#stopping) return;
    const { listener } = this.#options;
    this.#unsubscribe = listener.on(CHANNELS.work, payload => {
      if (payload === CANCEL) this.#heartbeat.hurry();
      this.#alarm.ring();
    });
    this.#flusher.start();
    this.#loop = this.#run();
  }

  /**
   * Claims nothing more, lets running items finish within the grace period,
   * then stops them between statements and hands over what was not begun.
   */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#unsubscribe?.();
    this.#alarm.ring();
    await this.#loop;
    await this.#idleWithin(this.#options.config.graceSeconds * 1000);
    for (const attempt of this.#attempts) attempt.stop('shutdown');
    await this.#idleWithin(STOP_MS);
    this.#abandoned = true;
    await this.#flusher.stop();
    await this.#heartbeat.stop().catch(error => {
      this.#options.logger.warn(
        'This executor could not sign off: its items are taken over after a lease',
        error,
      );
    });
  }

  async #run(): Promise<void> {
    const { config, logger } = this.#options;
    const pollMs = config.pollSeconds * 1000;
    const backoff = new Backoff({ firstMs: 250, capMs: 5_000 });
    let registered = false;
    while (!this.#stopping) {
      let pause = pollMs;
      try {
        if (!registered) await this.#heartbeat.start();
        registered = true;
        const { contended, failure } = await this.#claim();
        if (contended) pause = CONTENDED_MS * (1 + Math.random());
        if (failure) this.#tell(failure);
        this.#lastLook = performance.now();
        backoff.reset();
      } catch (error) {
        pause = backoff.next();
        logger.warn(
          `Could not look for work, trying again in ${Math.round(pause)} ms`,
          error as Error,
        );
      }
      if (!this.#stopping) await this.#alarm.sleep(pause);
    }
  }

  /** The same once a minute: it looks for work many times a second. */
  #tell(failure: Error): void {
    const { message } = failure;
    const now = performance.now();
    const last = this.#told;
    if (last?.message === message && now - last.at < TELL_MS) return;
    this.#told = { message, at: now };
    this.#options.logger.warn('Some work could not be taken', failure);
  }

  /** Takes as many items as there are free places and sets workers to them. */
  async #claim(): Promise<{ contended: boolean; failure?: Error }> {
    const { config, items } = this.#options;
    const slots = config.parallelism - this.#attempts.size;
    if (slots <= 0) return { contended: false };
    const { claims, contended, failure } = await items.claim({
      ...this.#claimant(),
      slots,
    });
    const [first] = claims;
    if (first) this.#turn = { runId: first.run.id, at: performance.now() };
    for (const claim of claims) this.#begin(claim);
    return { contended, failure };
  }

  #claimant(): Claimant {
    const { leaseSeconds } = this.#options.config;
    return { executorId: this.#id, leaseSeconds, knows: EXECUTOR_KNOWS };
  }

  #hasTurn(runId: string): boolean {
    const turn = this.#turn;
    if (this.#stopping || turn?.runId !== runId) return false;
    // More than that where something was adopted.
    if (this.#attempts.size > this.#options.config.parallelism) return false;
    return performance.now() - turn.at < TURN_MS;
  }

  /** The claim was committed, and the answer lost: nobody else may touch these items. */
  async #adopt(itemIds: string[]): Promise<void> {
    if (this.#stopping) return;
    const { heartbeatKnex, logger } = this.#options;
    // Where the answer was lost, the lines of the pool may be silent; the beat must not wait for them.
    const held = await heldItems(heartbeatKnex, {
      executorId: this.#id,
      itemIds,
    });
    for (const { run, items } of held) {
      logger.warn(
        'The answer to a claim was lost: going on with what was claimed',
        { runId: run.id, items: items.map(({ id }) => id) },
      );
      this.#begin({ run, items, startedRun: false });
    }
  }

  #begin(claim: Claim): void {
    if (claim.startedRun) this.#options.metrics.runStarted();
    for (const item of claim.items) {
      // An answer that was thought lost has come after all.
      if (this.#isAtWork(item)) continue;
      const attempt = new ItemAttempt(claim.run, item);
      if (item.recovered) {
        this.#options.metrics.leaseLost();
        attempt.log.write(
          'warn',
          `Attempt ${item.attempt}: the executor that had this target before fell silent`,
        );
      }
      // Claimed by an ending that was under way: given back before its first statement.
      if (this.#stopping) attempt.stop('shutdown');
      this.#attempts.add(attempt);
      this.#flusher.add(attempt);
      const work = this.#workOn(attempt);
      this.#working.add(work);
      void work.finally(() => {
        this.#working.delete(work);
        this.#alarm.ring();
      });
    }
  }

  #isAtWork(item: { id: string; attempt: number }): boolean {
    return [...this.#attempts].some(
      one => one.itemId === item.id && one.attempt === item.attempt,
    );
  }

  /** From claim to record. Never throws. */
  async #workOn(attempt: ItemAttempt): Promise<void> {
    const logger = this.#options.logger.child({
      runId: attempt.run.id,
      runItem: attempt.itemId,
      attempt: attempt.attempt,
    });
    try {
      const ending = await this.#worker.work(attempt);
      if (ending.fault) {
        logger.error(
          'A run item failed by a fault of the hub',
          ending.fault as Error,
        );
      }
      const failedItem = ending.result.status === 'failed';
      attempt.log.conclude(failedItem ? 'error' : 'info', ending.message);
      await this.#record(attempt, ending, logger);
      const { status, outcome } = ending.result;
      logger.info(
        ending.handOver ? 'Run item handed over' : `Run item ${status}`,
        { outcome, target: attempt.targetId },
      );
    } catch (error) {
      logger.error(
        'A run item could not be recorded and is left to be recovered',
        error as Error,
      );
    } finally {
      this.#flusher.remove(attempt);
      this.#attempts.delete(attempt);
    }
  }

  /** Tries for as long as it takes: the target is settled and unlocked, only the record waits. */
  async #record(
    attempt: ItemAttempt,
    ending: Ending,
    logger: LoggerService,
  ): Promise<void> {
    const backoff = new Backoff({ firstMs: 100, capMs: 5_000 });
    for (let trial = 1; ; trial += 1) {
      try {
        // After a failure each for itself: what fails for one holds up no other.
        await (trial === 1
          ? this.#ended.record(attempt, ending)
          : this.#ended.recordAlone(attempt, ending));
        return;
      } catch (error) {
        if (error instanceof LostLease) {
          logger.warn(`${error.message}; what it found: ${ending.message}`);
          return;
        }
        if (this.#abandoned) throw error;
        const pause = backoff.next();
        logger.warn(
          `The end of a run item could not be recorded, trying again in ${Math.round(
            pause,
          )} ms`,
          error as Error,
        );
        await sleep(pause);
      }
    }
  }

  async #idleWithin(ms: number): Promise<void> {
    const timer = new AbortController();
    const late = sleep(ms, 'late', { signal: timer.signal }).catch(
      () => 'late',
    );
    // An ending may have claimed another item, which is at work only then.
    while (this.#working.size > 0) {
      const idle = Promise.all(this.#working).then(() => 'idle');
      if ((await Promise.race([idle, late])) === 'late') break;
    }
    timer.abort();
  }
}
