import { auditExportQuerySchema } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { Signer } from '../crypto/Signer';
import { administerRefusal } from '../domain/actions';
import { CHAIN_START, ChainHead, Checkpoint } from '../domain/auditChain';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import {
  checkpointFrom,
  lastCheckpoint,
  lastCheckpointBefore,
  lastLinkBefore,
} from '../store/auditChain';
import { ExportedLink, readExport } from '../store/auditLinks';
import { AuditFilter } from '../store/auditQueries';
import { newId } from '../store/Database';
import { findUserId } from '../store/users';
import { lookUpActors } from './actors';
import { AuditChainer } from './AuditChainer';
import { signExport } from './auditEvidence';
import { CommandContext } from './context';
import { csvLine } from './csv';
import { refuse } from './refuse';

type ExportQuery = z.output<typeof auditExportQuerySchema>;

const COLUMNS = [
  ...['seq', 'at', 'action', 'actor', 'actorEmail', 'actorName'],
  ...['entityType', 'entityId', 'environment', 'requestId', 'payload', 'id'],
];

/** A file, piece by piece. */
export interface ExportFile {
  name: string;
  type: string;
  chunks: AsyncIterable<string>;
}

interface Export {
  id: string;
  at: string;
  filter: Omit<ExportQuery, 'format'>;
  conditions: AuditFilter;
  /** A checkpoint, or the start of the chain. */
  from: ChainHead | Checkpoint;
  upTo: ChainHead;
}

const jsonLine = (value: object) => `${JSON.stringify(value)}\n`;

const checkpointLine = (checkpoint: Checkpoint) =>
  jsonLine({
    type: 'checkpoint',
    seq: checkpoint.seq,
    hash: checkpoint.hash.toString('hex'),
    at: checkpoint.at.toISOString(),
    previous: checkpoint.previous,
    keyId: checkpoint.keyId,
    signature: checkpoint.signature.toString('base64'),
  });

const personalPart = ({
  personal,
}: NonNullable<ExportedLink['event']>): string =>
  personal
    ? `,"personal":{"salt":"${personal.salt}","data":${personal.data}}`
    : '';

const isCheckpoint = (head: ChainHead | Checkpoint): head is Checkpoint =>
  'signature' in head;

/** Writes the audit trail to files, in the order of the chain. */
export class AuditExporter {
  readonly #knex: Knex;
  readonly #signer: Signer;
  readonly #chainer: AuditChainer;

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
  }): AuditExporter {
    return new AuditExporter(options);
  }

  /**
   * What the filter asks for, up to the last checkpoint.
   *
   * @remarks
   * NDJSON begins and ends with a signed line and has, for each event that the
   * filter leaves out, the bare link, so that it verifies with the public key
   * alone.
   *
   * @throws HubError `ROLE_REQUIRED` unless the caller is an admin,
   * `INVALID_INPUT` for an actor who is not known.
   */
  async export(
    context: CommandContext,
    { format, ...filter }: ExportQuery,
  ): Promise<ExportFile> {
    refuse(administerRefusal(context.caller));
    const { actor, ...rest } = filter;
    const found = actor && (await findUserId(this.#knex, actor));
    const actorId = found || undefined;
    if (actor && !actorId) {
      throw new HubError(
        'INVALID_INPUT',
        `'actor' is nobody's id, e-mail address or entity ref here.`,
      );
    }
    const id = newId();
    await this.#knex.transaction(tx =>
      appendAuditEvent(tx, {
        actorId: context.caller.user.id,
        action: 'audit.exported',
        entityType: 'audit',
        entityId: id,
        requestId: context.requestId,
        payload: { format, filter: { ...rest, actor: actorId } },
      }),
    );
    // What is committed by now belongs into the file, this very event too.
    await this.#chainer.linkAll();
    const stretch = await this.#stretch(filter);
    const asked: Export = {
      id,
      at: new Date().toISOString(),
      filter: { ...rest, actor: actorId },
      conditions: { ...rest, actorId },
      ...stretch,
    };
    const name = `audit-${asked.at.slice(0, 10)}-${stretch.upTo.seq}.${format}`;
    return format === 'csv'
      ? { name, type: 'text/csv; charset=utf-8', chunks: this.#csv(asked) }
      : { name, type: 'application/x-ndjson', chunks: this.#ndjson(asked) };
  }

  /** Whole batches around the time asked for: each end is signed. */
  async #stretch({ from, to }: ExportQuery | Export['filter']): Promise<{
    from: ChainHead | Checkpoint;
    upTo: ChainHead;
  }> {
    const first = from && (await lastCheckpointBefore(this.#knex, from));
    const last =
      to &&
      (await checkpointFrom(this.#knex, await lastLinkBefore(this.#knex, to)));
    const start = first || CHAIN_START;
    const end = last || (await lastCheckpoint(this.#knex)) || CHAIN_START;
    return { from: start, upTo: end.seq < start.seq ? start : end };
  }

  async *#ndjson(asked: Export): AsyncGenerator<string> {
    const { id, at, filter, from, upTo } = asked;
    yield jsonLine({
      type: 'export',
      scheme: 'migrate-hub/audit-export/1',
      ...{ id, at, filter, after: from.seq, seq: upTo.seq },
    });
    if (isCheckpoint(from)) yield checkpointLine(from);
    let events = 0;
    for await (const links of this.#pages(asked)) {
      const lines: string[] = [];
      for (const { seq, event, eventHash, hash, checkpoint } of links) {
        if (event) events += 1;
        lines.push(
          event
            ? // The canonical bytes as they are: what was hashed.
              `{"type":"event","seq":${seq},"event":${
                event.canonical
              },"hash":"${eventHash}","chain":"${hash}"${personalPart(
                event,
              )}}\n`
            : `{"type":"link","seq":${seq},"hash":"${eventHash}"}\n`,
        );
        if (checkpoint) lines.push(checkpointLine(checkpoint));
      }
      yield lines.join('');
    }
    const summary = {
      ...{ id, at, filter, events },
      after: from.seq,
      seq: upTo.seq,
      hash: upTo.hash.toString('hex'),
    };
    yield jsonLine({ type: 'end', ...signExport(this.#signer, summary) });
  }

  async *#csv(asked: Export): AsyncGenerator<string> {
    yield csvLine(COLUMNS);
    for await (const links of this.#pages(asked)) {
      const actor = await lookUpActors(
        this.#knex,
        links.map(link => link.event?.actorId),
      );
      const lines = links.flatMap(({ seq, event }) => {
        if (!event) return [];
        const told = JSON.parse(event.canonical);
        const payload = {
          ...told.payload,
          ...JSON.parse(event.personal?.data ?? '{}'),
        };
        const who = event.actorId ? actor(event.actorId) : undefined;
        return csvLine([
          ...[String(seq), told.at, told.action],
          ...[who?.id, who?.email, who?.name],
          ...[told.entityType, told.entityId, told.environment, told.requestId],
          ...[JSON.stringify(payload), told.id],
        ]);
      });
      if (lines.length > 0) yield lines.join('');
    }
  }

  #pages({ from, upTo, conditions }: Export): AsyncGenerator<ExportedLink[]> {
    const stretch = { after: from.seq, upTo: upTo.seq };
    return readExport(this.#knex, stretch, conditions);
  }
}
