import { createHash } from 'crypto';
import { canonicalJson } from '../crypto/canonical';

/** An event's place in the chain. */
export interface ChainLink {
  /** 1 for the first. */
  seq: number;
  eventId: string;
  /** sha256 of the event's canonical bytes. */
  eventHash: Buffer;
  /** Of everything up to here, see {@link linkHash}. */
  hash: Buffer;
}

/** How far the chain reaches. */
export interface ChainHead {
  seq: number;
  hash: Buffer;
}

/** Signed: the chain had so many links then, and this hash. */
export interface Checkpoint extends ChainHead {
  at: Date;
  /** The checkpoint before; absent for the first. */
  previous?: number;
  keyId: string;
  signature: Buffer;
}

/** Before the first link. */
export const CHAIN_START: ChainHead = { seq: 0, hash: Buffer.alloc(32) };

/** What a link has to be after that head: nothing in the middle can change without all that follows. */
export function linkHash(before: ChainHead, eventHash: Buffer): Buffer {
  const seq = Buffer.alloc(8);
  seq.writeBigUInt64BE(BigInt(before.seq + 1));
  return createHash('sha256')
    .update(before.hash)
    .update(seq)
    .update(eventHash)
    .digest();
}

/** The bytes that a checkpoint's signature is over. */
export const checkpointBytes = (
  checkpoint: Omit<Checkpoint, 'signature'>,
): Buffer =>
  Buffer.from(
    canonicalJson({
      scheme: 'migrate-hub/checkpoint/1',
      seq: checkpoint.seq,
      hash: checkpoint.hash.toString('hex'),
      at: checkpoint.at.toISOString(),
      previous: checkpoint.previous,
      keyId: checkpoint.keyId,
    }),
    'utf8',
  );

/** The first thing about a chain that is not as it was. */
export interface ChainBreak {
  seq?: number;
  event?: string;
  reason: string;
}

/** A link with what it stands for, as it is found. */
export interface FoundLink extends ChainLink {
  /** Absent where there is none any more. */
  event?: {
    /** sha256 of the canonical bytes. */
    hash: Buffer;
    /** Whether what is shown is what the canonical bytes say. */
    faithful: boolean;
  };
  /** Present where the link is the last of a batch. */
  checkpoint?: Checkpoint;
}

/** Goes along a chain, link by link, and finds the first that is not as it was. */
export class ChainWalk {
  readonly #isSigned: (checkpoint: Checkpoint) => boolean;
  #head: ChainHead;
  #checkpoint: number | undefined;

  /**
   * @param options - `from`: a checkpoint that is trusted, or {@link CHAIN_START};
   * `isSigned`: whether the signature is the hub's
   */
  constructor(options: {
    from: ChainHead;
    isSigned: (checkpoint: Checkpoint) => boolean;
  }) {
    this.#head = options.from;
    this.#checkpoint = options.from.seq === 0 ? undefined : options.from.seq;
    this.#isSigned = options.isSigned;
  }

  /** The last good link. */
  get head(): ChainHead {
    return this.#head;
  }

  next(link: FoundLink): ChainBreak | undefined {
    const reason = this.#flaw(link);
    if (reason) {
      // A missing link is not the one that was found after it.
      const missing = link.seq !== this.#head.seq + 1;
      return missing
        ? { seq: this.#head.seq + 1, reason }
        : { seq: link.seq, event: link.eventId, reason };
    }
    this.#head = { seq: link.seq, hash: link.hash };
    if (link.checkpoint) this.#checkpoint = link.seq;
    return undefined;
  }

  /** After the last link: each batch ends with a checkpoint. */
  end(): ChainBreak | undefined {
    if (this.#head.seq === (this.#checkpoint ?? 0)) return undefined;
    return {
      seq: (this.#checkpoint ?? 0) + 1,
      reason: `Links ${(this.#checkpoint ?? 0) + 1} to ${
        this.#head.seq
      } are followed by no checkpoint: the tail of the chain was cut off.`,
    };
  }

  #flaw(link: FoundLink): string | undefined {
    const { seq, event, checkpoint } = link;
    const before = this.#head;
    if (seq !== before.seq + 1) {
      return `Link ${before.seq + 1} is missing: it was deleted.`;
    }
    if (!event) return `The event of link ${seq} is missing: it was deleted.`;
    if (!event.hash.equals(link.eventHash)) {
      return `The event of link ${seq} is another one than was linked: it was altered or exchanged.`;
    }
    if (!event.faithful) {
      return `The event of link ${seq} was altered: its columns say something else than what was linked.`;
    }
    if (!link.hash.equals(linkHash(before, link.eventHash))) {
      return `Link ${seq} does not follow from link ${before.seq}: links were altered or reordered.`;
    }
    return checkpoint && this.#checkpointFlaw(link, checkpoint);
  }

  #checkpointFlaw(link: FoundLink, checkpoint: Checkpoint): string | undefined {
    if (!this.#isSigned(checkpoint)) {
      return `Checkpoint ${link.seq} is not signed by a key of the hub: it was altered.`;
    }
    if (!checkpoint.hash.equals(link.hash)) {
      return `The chain up to link ${
        link.seq
      } is not the one that was signed: links after ${
        this.#checkpoint ?? 0
      } were rewritten.`;
    }
    if (checkpoint.previous !== this.#checkpoint) {
      return `The checkpoint ${checkpoint.previous} before checkpoint ${link.seq} is missing: it was deleted.`;
    }
    return undefined;
  }
}
