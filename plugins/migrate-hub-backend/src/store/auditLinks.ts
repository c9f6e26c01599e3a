import { FoundLink } from '../domain/auditChain';
import { canonicalAuditEvent } from './audit';
import { CheckpointRow, toCheckpoint } from './auditChain';
import {
  AuditEventRow,
  AuditFilter,
  conditionsOf,
  toEventContents,
} from './auditQueries';
import { Tx } from './Database';

/** A stretch of the chain: what is after `after`, up to and with `upTo`. */
export interface Stretch {
  after: number;
  upTo: number;
}

/** Links in memory at a time. */
const PAGE = 500;

/**
 * Rows of a stretch, page by page: no page holds a connection while the next is
 * not asked for.
 */
async function* inPages<Row extends { seq: string }>(
  stretch: Stretch,
  read: (after: number) => Promise<{ rows: Row[] }>,
): AsyncGenerator<Row[]> {
  let { after } = stretch;
  while (after < stretch.upTo) {
    const { rows } = await read(after);
    const last = rows[rows.length - 1];
    if (!last) return;
    yield rows;
    after = Number(last.seq);
  }
}

const CHECKPOINT_COLUMNS = `
  c.seq as checkpoint_seq, c.at as checkpoint_at, c.hash as checkpoint_hash,
  c.previous, c.key_id, c.signature`;

type JoinedCheckpoint = Omit<CheckpointRow, 'seq' | 'at' | 'hash'> & {
  checkpoint_seq: string | null;
  checkpoint_at: Date;
  checkpoint_hash: Buffer;
};

const checkpointOf = (row: JoinedCheckpoint) =>
  row.checkpoint_seq === null
    ? undefined
    : toCheckpoint({
        ...row,
        seq: row.checkpoint_seq,
        at: row.checkpoint_at,
        hash: row.checkpoint_hash,
      });

type FoundRow = AuditEventRow &
  JoinedCheckpoint & {
    seq: string;
    event_id: string;
    event_hash: Buffer;
    link_hash: Buffer;
    canonical: Buffer | null;
    canonical_hash: Buffer;
    told_hash: string;
    whole_milliseconds: boolean;
    /** Null where nothing personal was told, or where it was erased. */
    personal_hash: string | null;
  };

/** Whether the columns, which are what is shown and searched, say what was linked. */
const isFaithful = (row: FoundRow, canonical: Buffer): boolean =>
  row.whole_milliseconds &&
  (row.personal_hash === null || row.personal_hash === row.personal) &&
  row.told_hash === row.event_hash.toString('hex') &&
  canonicalAuditEvent(toEventContents(row)).equals(canonical);

const toFoundLink = (row: FoundRow): FoundLink => ({
  seq: Number(row.seq),
  eventId: row.event_id,
  eventHash: row.event_hash,
  hash: row.link_hash,
  event:
    row.canonical === null
      ? undefined
      : {
          hash: row.canonical_hash,
          faithful: isFaithful(row, row.canonical),
        },
  checkpoint: checkpointOf(row),
});

/**
 * Links with all that has to fit together, in order, page by page.
 *
 * @remarks relies on the primary keys of links, events and checkpoints
 */
export async function* readChain(
  tx: Tx,
  stretch: Stretch,
): AsyncGenerator<FoundLink[]> {
  const pages = inPages<FoundRow>(stretch, async after =>
    tx.raw(
      `select l.seq, l.event_id, l.event_hash, l.hash as link_hash,
              e.id, e.at, e.actor_id, e.action, e.entity_type, e.entity_id,
              e.migration_id, e.run_id, e.environment, e.request_id, e.payload,
              e.personal, encode(pg_catalog.sha256(
                p.salt || convert_to(p.data, 'utf8')), 'hex') as personal_hash,
              e.canonical, e.hash as told_hash,
              pg_catalog.sha256(e.canonical) as canonical_hash,
              e.at = date_trunc('milliseconds', e.at) as whole_milliseconds,
              ${CHECKPOINT_COLUMNS}
         from audit_links l
         left join audit_events e on e.id = l.event_id
         left join audit_personal p on p.event_id = l.event_id
         left join audit_checkpoints c on c.seq = l.seq
        where l.seq > ? and l.seq <= ?
        order by l.seq limit ?`,
      [after, stretch.upTo, PAGE],
    ),
  );
  for await (const rows of pages) yield rows.map(toFoundLink);
}

/** A link as an export has it. */
export interface ExportedLink {
  seq: number;
  eventHash: string;
  hash: string;
  checkpoint?: ReturnType<typeof checkpointOf>;
  /** Absent for what the filter leaves out. */
  event?: {
    canonical: string;
    actorId?: string;
    /** Base64 and canonical JSON, where it was not erased. */
    personal?: { salt: string; data: string };
  };
}

type ExportedRow = JoinedCheckpoint & {
  seq: string;
  event_hash: string;
  hash: string;
  canonical: string | null;
  actor_id: string | null;
  salt: string | null;
  data: string | null;
};

const toExportedLink = (row: ExportedRow): ExportedLink => ({
  seq: Number(row.seq),
  eventHash: row.event_hash,
  hash: row.hash,
  checkpoint: checkpointOf(row),
  event:
    row.canonical === null
      ? undefined
      : {
          canonical: row.canonical,
          actorId: row.actor_id ?? undefined,
          personal:
            row.salt === null || row.data === null
              ? undefined
              : { salt: row.salt.replace(/\n/g, ''), data: row.data },
        },
});

/** Links in order, page by page, with the events that the filter asks for. */
export async function* readExport(
  tx: Tx,
  stretch: Stretch,
  filter: AuditFilter,
): AsyncGenerator<ExportedLink[]> {
  const conditions = conditionsOf(filter);
  const wanted = conditions.length
    ? conditions.map(({ sql }) => `e.${sql}`).join(' and ')
    : 'true';
  const pages = inPages<ExportedRow>(stretch, async after =>
    tx.raw(
      `select l.seq, encode(l.event_hash, 'hex') as event_hash,
              encode(l.hash, 'hex') as hash,
              convert_from(e.canonical, 'utf8') as canonical, e.actor_id,
              encode(p.salt, 'base64') as salt, p.data,
              ${CHECKPOINT_COLUMNS}
         from audit_links l
         left join audit_events e on e.id = l.event_id and ${wanted}
         left join audit_personal p on p.event_id = e.id
         left join audit_checkpoints c on c.seq = l.seq
        where l.seq > ? and l.seq <= ?
        order by l.seq limit ?`,
      [...conditions.map(({ value }) => value), ...[after, stretch.upTo, PAGE]],
    ),
  );
  for await (const rows of pages) yield rows.map(toExportedLink);
}
