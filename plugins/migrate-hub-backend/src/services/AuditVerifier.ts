import {
  AuditKey,
  AuditVerification,
  auditVerifyQuerySchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { Signer } from '../crypto/Signer';
import { administerRefusal } from '../domain/actions';
import {
  CHAIN_START,
  ChainBreak,
  ChainHead,
  ChainWalk,
  Checkpoint,
} from '../domain/auditChain';
import { disabledRefusal, roleRefusal } from '../domain/caller';
import { HubError } from '../errors';
import {
  chainEnds,
  countUnlinked,
  findCheckpoint,
  findLink,
  findStray,
  lastCheckpoint,
} from '../store/auditChain';
import { readChain } from '../store/auditLinks';
import { findSetting, keepSetting } from '../store/settings';
import { AuditChainer } from './AuditChainer';
import { isSignedBy, readCheckpoint } from './auditEvidence';
import { CommandContext } from './context';
import { refuse } from './refuse';
import { openSetting, signSetting } from './signedSettings';

/** How far the chain was found whole: signed, so that nobody can move it on. */
const MARK = 'audit.verified';

/** A verification that is broken off goes on from the last mark. */
const PAGES_BETWEEN_MARKS = 200;

/** The chain was that long once, says somebody who is not the chain. */
interface Witness {
  head: ChainHead;
  who: string;
}

/** Tells whether the audit trail is what it was. */
export class AuditVerifier {
  readonly #knex: Knex;
  readonly #signer: Signer;
  readonly #chainer: AuditChainer;
  #busy = false;

  private constructor(options: {
    knex: Knex;
    signer: Signer;
    chainer: AuditChainer;
  }) {
    this.#knex = options.knex;
    this.#signer = options.signer;
    this.#chainer = options.chainer;
  }

  static create(options: {
    knex: Knex;
    signer: Signer;
    chainer: AuditChainer;
  }): AuditVerifier {
    return new AuditVerifier(options);
  }

  /** For managers and admins, as the trail itself. */
  async keys({ caller }: CommandContext): Promise<{ items: AuditKey[] }> {
    refuse(
      disabledRefusal(caller.user) ??
        roleRefusal(caller.user, 'manager', 'read the audit trail'),
    );
    return {
      items: this.#signer.verificationKeys.map(key => ({
        id: key.id,
        publicKey: key.publicKey,
        use: key.id === this.#signer.currentKeyId ? 'signs' : 'verifies',
        compromisedSince: key.compromisedSince?.toISOString(),
      })),
    };
  }

  /**
   * Goes along the chain, from where the last verification came to, or from the
   * first event.
   *
   * @param signal - ends it early: whoever asked has gone
   * @throws HubError `ROLE_REQUIRED` unless the caller is an admin,
   * `TOO_MANY_REQUESTS` while this replica verifies already.
   */
  async verify(
    { caller }: CommandContext,
    query: z.output<typeof auditVerifyQuerySchema>,
    signal?: AbortSignal,
  ): Promise<AuditVerification> {
    refuse(administerRefusal(caller));
    if (this.#busy) {
      throw new HubError(
        'TOO_MANY_REQUESTS',
        'The audit trail is being verified already. Wait for the answer, or try again in a moment.',
        { retryAfterSeconds: 10 },
      );
    }
    this.#busy = true;
    try {
      return await this.#verify(query, signal);
    } finally {
      this.#busy = false;
    }
  }

  /**
   * What a checkpoint that was kept elsewhere says against the chain; undefined
   * if the chain contains it.
   *
   * @param who - has it, in words: `the ledger of 'main'`
   */
  async contradiction(kept: string, who: string): Promise<string | undefined> {
    const checkpoint = readCheckpoint(kept);
    if (!checkpoint || !isSignedBy(this.#signer, checkpoint)) {
      return `What ${who} holds as a checkpoint was signed by no key of migrateHub.signing.keys.`;
    }
    const head = { head: checkpoint, who: `${who} holds` };
    return (await this.#contradiction([head]))?.reason;
  }

  async #verify(
    query: z.output<typeof auditVerifyQuerySchema>,
    signal?: AbortSignal,
  ): Promise<AuditVerification> {
    const mark = await this.#mark();
    const from = query.full ? CHAIN_START : mark ?? CHAIN_START;
    const start =
      from.seq > 0 ? await findCheckpoint(this.#knex, from.seq) : undefined;
    const witnesses: Witness[] = [
      { head: this.#chainer.seen, who: 'this replica saw' },
      { head: mark ?? CHAIN_START, who: 'an earlier verification found' },
    ];
    if (query.seq !== undefined && query.hash !== undefined) {
      const head = { seq: query.seq, hash: Buffer.from(query.hash, 'hex') };
      witnesses.push({ head, who: 'you named' });
    }

    const notes = new Set<string>();
    const walk = new ChainWalk({
      from,
      isSigned: checkpoint => this.#isSigned(checkpoint, notes),
    });
    const broken =
      (await this.#walk(walk, { marked: mark?.seq ?? 0, signal })) ??
      (await this.#contradiction(witnesses)) ??
      (await this.#stray(start));
    if (!broken && walk.head.seq > (mark?.seq ?? 0)) {
      await this.#remember(walk.head);
    }
    const trouble = this.#chainer.trouble;
    if (trouble) notes.add(`New events are not linked: ${trouble}`);
    const head = await lastCheckpoint(this.#knex);
    return {
      ok: broken === undefined,
      checked: walk.head.seq - from.seq,
      after: from.seq,
      head: head && {
        seq: head.seq,
        hash: head.hash.toString('hex'),
        at: head.at.toISOString(),
        keyId: head.keyId,
      },
      pending: await countUnlinked(this.#knex),
      brokenAt: broken && { seq: broken.seq, event: broken.event },
      reason: broken?.reason,
      notes: [...notes],
    };
  }

  async #walk(
    walk: ChainWalk,
    { marked, signal }: { marked: number; signal?: AbortSignal },
  ): Promise<ChainBreak | undefined> {
    const ends = await chainEnds(this.#knex);
    const upTo = Math.max(ends.link, ends.checkpoint);
    let pages = 0;
    const stretch = { after: walk.head.seq, upTo };
    for await (const links of readChain(this.#knex, stretch)) {
      signal?.throwIfAborted();
      for (const link of links) {
        const broken = walk.next(link);
        if (broken) return broken;
      }
      pages += 1;
      const last = links[links.length - 1];
      if (pages >= PAGES_BETWEEN_MARKS && last.checkpoint) {
        pages = 0;
        if (last.seq > marked) await this.#remember(walk.head);
      }
    }
    if (walk.head.seq < ends.checkpoint) {
      return {
        seq: walk.head.seq + 1,
        reason: `The chain ends at link ${walk.head.seq}, but checkpoint ${ends.checkpoint} is there: its tail was cut off.`,
      };
    }
    return walk.end();
  }

  #isSigned(checkpoint: Checkpoint, notes: Set<string>): boolean {
    const { keyId, at } = checkpoint;
    if (this.#signer.isCompromised(keyId, at)) {
      notes.add(
        `Some checkpoints were signed with key '${keyId}' after it was compromised. Whoever had it could sign another chain: compare with checkpoints that were kept elsewhere.`,
      );
    }
    return isSignedBy(this.#signer, checkpoint);
  }

  async #contradiction(witnesses: Witness[]): Promise<ChainBreak | undefined> {
    for (const { head, who } of witnesses) {
      if (head.seq === 0) continue;
      const link = await findLink(this.#knex, head.seq);
      if (!link) {
        const { link: last } = await chainEnds(this.#knex);
        return {
          seq: last + 1,
          reason: `The chain ends at link ${last}, but ${who} link ${head.seq}: its tail was cut off.`,
        };
      }
      if (!link.hash.equals(head.hash)) {
        return {
          seq: head.seq,
          reason: `Link ${head.seq} is not the one that ${who}: the chain was rewritten.`,
        };
      }
    }
    return undefined;
  }

  async #stray(start: Checkpoint | undefined): Promise<ChainBreak | undefined> {
    const stray = await findStray(this.#knex, start?.at);
    return (
      stray && {
        event: stray.event,
        reason: stray.deleted
          ? 'An event was deleted before it was linked.'
          : 'An event is in no link: links were deleted.',
      }
    );
  }

  async #mark(): Promise<ChainHead | undefined> {
    const stored = await findSetting(this.#knex, MARK);
    const mark = stored && openSetting(this.#signer, MARK, stored.value);
    if (!mark) return undefined;
    const { seq, hash }: { seq?: number; hash?: string } = mark;
    return seq && hash ? { seq, hash: Buffer.from(hash, 'hex') } : undefined;
  }

  async #remember(head: ChainHead): Promise<void> {
    const mark = { seq: head.seq, hash: head.hash.toString('hex') };
    await keepSetting(this.#knex, MARK, signSetting(this.#signer, MARK, mark));
  }
}
