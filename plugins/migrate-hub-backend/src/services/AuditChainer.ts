import { LoggerService } from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { Signer } from '../crypto/Signer';
import {
  CHAIN_START,
  ChainHead,
  ChainLink,
  Checkpoint,
  linkHash,
} from '../domain/auditChain';
import {
  clockTime,
  findLink,
  insertCheckpoint,
  insertLinks,
  lastCheckpoint,
  lastLink,
  takeUnlinked,
  tryChainerLock,
} from '../store/auditChain';
import { isSignedBy, signCheckpoint } from './auditEvidence';
import { Loop } from './Loop';

/** Events of one batch, and so of one transaction. */
const BATCH = 2_000;

const POLL_MS = 1_000;

/** What stands in the way of linking; its message says where the chain is broken. */
class BrokenChain extends Error {}

export type CheckpointListener = (checkpoint: Checkpoint) => void;

/**
 * Links committed audit events into the hash chain, in batches, and signs the
 * end of each.
 *
 * @remarks
 * One on each replica; a lock in the database lets one at a time. Who writes an
 * event never waits for it. It goes on only where the chain ends with a
 * checkpoint of the hub, and remembers how far it has seen it: a chain that was
 * cut or rewritten is told, and not signed over.
 */
export class AuditChainer {
  readonly #knex: Knex;
  readonly #signer: Signer;
  readonly #logger: LoggerService;
  readonly #listeners: CheckpointListener[] = [];
  readonly #loop: Loop;
  #seen: Checkpoint | undefined;
  #trouble: string | undefined;

  private constructor(knex: Knex, signer: Signer, logger: LoggerService) {
    this.#knex = knex;
    this.#signer = signer;
    this.#logger = logger;
    this.#loop = Loop.create({
      work: async () => {
        if ((await this.#linkBatch()) === BATCH) return 'more';
        this.#trouble = undefined;
        return 'done';
      },
      onError: error => this.#report(error),
      pollMs: POLL_MS,
    });
  }

  static create(options: {
    knex: Knex;
    signer: Signer;
    logger: LoggerService;
  }): AuditChainer {
    return new AuditChainer(options.knex, options.signer, options.logger);
  }

  /** The longest chain that this replica has seen. */
  get seen(): ChainHead {
    return this.#seen ?? CHAIN_START;
  }

  /** The newest checkpoint that this replica has seen, to be kept elsewhere. */
  get checkpoint(): Checkpoint | undefined {
    return this.#seen;
  }

  /** Why it does not link; undefined while all is well. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Told of each checkpoint of this replica, after its commit: to keep it elsewhere. */
  onCheckpoint(listener: CheckpointListener): void {
    this.#listeners.push(listener);
  }

  /** Starts the loop; while it runs, a second call does nothing. */
  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  /** Links all that is committed by now, unless another replica is at it. */
  async linkAll(): Promise<void> {
    let linked = BATCH;
    while (linked === BATCH) linked = await this.#linkBatch();
  }

  /** Once for each reason, not every second. */
  #report(error: Error): void {
    if (this.#trouble === error.message) return;
    this.#trouble = error.message;
    if (error instanceof BrokenChain) {
      this.#logger.error(
        `The audit trail was tampered with, or lost a part: ${error.message} Events are kept, but not linked, until that is settled: see docs/guarantees.md.`,
      );
    } else {
      this.#logger.warn(
        'Audit events could not be linked, trying again',
        error,
      );
    }
  }

  async #linkBatch(): Promise<number> {
    const checkpoint = await this.#knex.transaction(async tx => {
      if (!(await tryChainerLock(tx))) return undefined;
      const before = await lastCheckpoint(tx);
      await this.#assertWhole(tx, before);
      const unlinked = await takeUnlinked(tx, BATCH);
      if (unlinked.length === 0) {
        this.#seen = before;
        return undefined;
      }
      let head: ChainHead = before ?? CHAIN_START;
      const links: ChainLink[] = [];
      for (const event of unlinked) {
        head = { seq: head.seq + 1, hash: linkHash(head, event.eventHash) };
        links.push({ ...event, ...head });
      }
      await insertLinks(tx, links);
      const signed = signCheckpoint(this.#signer, {
        ...head,
        at: await clockTime(tx),
        previous: before?.seq,
      });
      await insertCheckpoint(tx, signed);
      return { ...signed, linked: links.length };
    });
    if (!checkpoint) return 0;
    const { linked, ...signed } = checkpoint;
    this.#seen = signed;
    this.#publish(signed);
    return linked;
  }

  /** @throws BrokenChain rather than to sign what somebody else made of it. */
  async #assertWhole(
    tx: Knex.Transaction,
    checkpoint: Checkpoint | undefined,
  ): Promise<void> {
    const link = (await lastLink(tx)) ?? CHAIN_START;
    const signed = checkpoint ?? CHAIN_START;
    if (link.seq !== signed.seq || !link.hash.equals(signed.hash)) {
      throw new BrokenChain(
        `The chain ends at link ${link.seq}, which is not what checkpoint ${signed.seq} signed.`,
      );
    }
    if (checkpoint && !isSignedBy(this.#signer, checkpoint)) {
      throw new BrokenChain(
        `Checkpoint ${checkpoint.seq} is not signed by a configured key (key '${checkpoint.keyId}'). Retired keys stay in migrateHub.signing.keys.`,
      );
    }
    const { seen } = this;
    if (seen.seq === 0) return;
    const kept = await findLink(tx, seen.seq);
    if (!kept) {
      throw new BrokenChain(
        `The chain ends at link ${link.seq}, but had reached link ${seen.seq}.`,
      );
    }
    if (!kept.hash.equals(seen.hash)) {
      throw new BrokenChain(
        `Link ${seen.seq} is another one than it was: the chain was rewritten.`,
      );
    }
  }

  #publish(checkpoint: Checkpoint): void {
    const hash = checkpoint.hash.toString('hex');
    this.#logger.info(`Audit checkpoint ${checkpoint.seq} ${hash}`, {
      checkpoint: checkpoint.seq,
      hash,
      keyId: checkpoint.keyId,
      signature: checkpoint.signature.toString('base64'),
    });
    for (const listener of this.#listeners) listener(checkpoint);
  }
}
