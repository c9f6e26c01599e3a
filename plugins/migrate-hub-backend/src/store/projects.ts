import { Knex } from 'knex';
import { ProjectRecord } from '../domain/types';
import { Cursor } from './cursor';
import { newId, Tx } from './Database';
import { exactTime, likeText, optional } from './rows';

interface ProjectRow {
  id: string;
  key: string;
  name: string;
  description: string | null;
  entity_ref: string | null;
  archived_at: Date | null;
  revision: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

const toProject = (row: ProjectRow): ProjectRecord => ({
  id: row.id,
  key: row.key,
  name: row.name,
  description: optional(row.description),
  entityRef: optional(row.entity_ref),
  archived: row.archived_at !== null,
  revision: row.revision,
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export async function findProjectByKey(
  tx: Tx,
  key: string,
): Promise<ProjectRecord | undefined> {
  const row = await tx('projects').where({ key }).first();
  return row && toProject(row);
}

/** Not so strong that it would stop a migration or a set from being added. */
export async function lockProjectByKey(
  tx: Knex.Transaction,
  key: string,
): Promise<ProjectRecord | undefined> {
  const row = await tx('projects').where({ key }).forNoKeyUpdate().first();
  return row && toProject(row);
}

export async function insertProject(
  tx: Knex.Transaction,
  project: {
    key: string;
    name: string;
    description?: string;
    entityRef?: string;
    userId: string;
  },
): Promise<ProjectRecord> {
  const [row] = await tx('projects')
    .insert({
      id: newId(),
      key: project.key,
      name: project.name,
      description: project.description,
      entity_ref: project.entityRef,
      created_by: project.userId,
    })
    .returning('*');
  return toProject(row);
}

/** Undefined leaves a column alone, null clears it. */
export async function updateProject(
  tx: Knex.Transaction,
  id: string,
  change: {
    name?: string;
    description?: string | null;
    entityRef?: string | null;
    archived?: boolean;
  },
): Promise<ProjectRecord> {
  const archivedAt = change.archived ? tx.fn.now() : null;
  const [row] = await tx('projects')
    .where({ id })
    .update({
      name: change.name,
      description: change.description,
      entity_ref: change.entityRef,
      archived_at: change.archived === undefined ? undefined : archivedAt,
      revision: tx.raw('revision + 1'),
      updated_at: tx.fn.now(),
    })
    .returning('*');
  return toProject(row);
}

export type ProjectListRow = ProjectRecord & { exactCreatedAt: string };

/**
 * Newest first; one row more than `limit` tells that there is a next page.
 *
 * @remarks ids sort by creation, so the primary key is the order
 */
export async function listProjects(
  tx: Tx,
  filter: { archived?: boolean; q?: string },
  page: { limit: number; after?: Cursor },
): Promise<ProjectListRow[]> {
  const query = tx('projects')
    .select('*', tx.raw(exactTime('created_at', 'exact_created_at')))
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  if (filter.archived) query.whereNotNull('archived_at');
  else query.whereNull('archived_at');
  if (filter.q) {
    const like = likeText(filter.q);
    query.where(inner =>
      inner.whereILike('key', like).orWhereILike('name', like),
    );
  }
  if (page.after) query.where('id', '<', page.after.id);
  const rows = await query;
  return rows.map(row => ({
    ...toProject(row),
    exactCreatedAt: row.exact_created_at,
  }));
}
