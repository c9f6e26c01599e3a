import {
  DbSet,
  dbSetCreateSchema,
  dbSetListQuerySchema,
  dbSetPatchSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { inventoryRefusal } from '../domain/actions';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { decodeCursor, toPage } from '../store/cursor';
import { Tx } from '../store/Database';
import * as store from '../store/dbSets';
import { findDbTargets } from '../store/dbTargets';
import { findProjectByKey } from '../store/projects';
import { lookUpActors } from './actors';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { EnvironmentPolicies } from './EnvironmentPolicies';
import { dbSetView } from './inventoryViews';
import { unknownProject } from './ProjectsService';
import { refuse } from './refuse';
import { RunRevisions } from './RunRevisions';
import { assertRevision, changesOf } from './staleness';
import { refuseDuplicates } from './uniqueness';

interface Options {
  commands: Commands;
  environments: EnvironmentPolicies;
  revisions: Pick<RunRevisions, 'onTargetsDisabled'>;
}

const NAME_TAKEN = 'db_sets_project_id_environment_name_key';

const unknownDbSet = (id: string) =>
  new HubError('NOT_FOUND', `There is no DB set with id ${id}.`);

/** DB sets. They are disabled, never deleted, and stay in their environment. */
export class DbSetsService {
  readonly #options: Options;

  private constructor(options: Options) {
    this.#options = options;
  }

  static create(options: Options): DbSetsService {
    return new DbSetsService(options);
  }

  async list(
    context: CommandContext,
    query: z.output<typeof dbSetListQuerySchema>,
  ): Promise<{ items: DbSet[]; nextCursor?: string }> {
    const { commands, environments } = this.#options;
    const tx = commands.knex;
    if (query.environment) environments.configured(query.environment);
    const project =
      query.project && (await findProjectByKey(tx, query.project));
    if (query.project && !project) return { items: [] };

    const rows = await store.listDbSets(
      tx,
      {
        projectId: project ? project.id : undefined,
        environment: query.environment,
        disabled: query.disabled,
      },
      { limit: query.limit, after: decodeCursor(query.cursor) },
    );
    const contents = await store.contentsOfDbSets(
      tx,
      rows.map(row => row.id),
    );
    const actor = await lookUpActors(
      tx,
      rows.map(row => row.createdBy),
    );
    return toPage(rows, query.limit, {
      at: row => row.exactCreatedAt,
      item: row =>
        dbSetView(row, {
          contents: contents(row.id),
          actor,
          principal: context.caller,
        }),
    });
  }

  async get(context: CommandContext, id: string): Promise<DbSet> {
    return this.#view(this.#options.commands.knex, context, id);
  }

  async create(
    context: CommandContext,
    input: z.output<typeof dbSetCreateSchema>,
  ): Promise<DbSet> {
    const { commands, environments } = this.#options;
    refuse(inventoryRefusal(context.caller, { act: 'create' }));
    environments.configured(input.environment);

    return refuseDuplicates({ [NAME_TAKEN]: () => nameTaken(input.name) }, () =>
      commands.run(context, async tx => {
        const project = await findProjectByKey(tx, input.project);
        if (!project) throw unknownProject(input.project);
        if (project.archived) {
          throw new HubError(
            'ARCHIVED',
            `Project '${project.key}' is archived and takes no new DB sets.`,
          );
        }
        const userId = context.caller.user.id;
        const id = await store.insertDbSet(tx, {
          projectId: project.id,
          environment: input.environment,
          name: input.name,
          description: input.description,
          userId,
        });
        await appendAuditEvent(tx, {
          actorId: userId,
          action: 'db_set.created',
          entityType: 'db_set',
          entityId: id,
          environment: input.environment,
          requestId: context.requestId,
          payload: { ...input },
        });
        return this.#view(tx, context, id);
      }),
    );
  }

  /** @throws HubError `STALE_REVISION`, `ALREADY_EXISTS`, or what the rules refuse. */
  async update(
    context: CommandContext,
    id: string,
    input: z.output<typeof dbSetPatchSchema>,
  ): Promise<DbSet> {
    const { commands, revisions } = this.#options;
    const name = input.name ?? '';
    return refuseDuplicates({ [NAME_TAKEN]: () => nameTaken(name) }, () =>
      commands.run(context, async tx => {
        const dbSet = await store.lockDbSet(tx, id);
        if (!dbSet) throw unknownDbSet(id);
        const changes = changesOf(dbSet, input, ['name', 'description']);
        const toggled =
          input.disabled !== undefined && input.disabled !== dbSet.disabled;
        if (toggled)
          refuse(inventoryRefusal(context.caller, { act: 'disable' }));
        if (Object.keys(changes).length > 0 || !toggled) {
          const { createdBy } = dbSet;
          refuse(
            inventoryRefusal(context.caller, { act: 'change', createdBy }),
          );
        }
        assertRevision(dbSet, input.expectedRevision, 'DB set');
        if (Object.keys(changes).length === 0 && !toggled) {
          return this.#view(tx, context, id);
        }

        await store.updateDbSet(tx, id, input);
        const audit = {
          actorId: context.caller.user.id,
          entityType: 'db_set' as const,
          entityId: id,
          environment: dbSet.environment,
          requestId: context.requestId,
        };
        if (Object.keys(changes).length > 0) {
          await appendAuditEvent(tx, {
            ...audit,
            action: 'db_set.updated',
            payload: { name: dbSet.name, changes },
          });
        }
        if (toggled) {
          await appendAuditEvent(tx, {
            ...audit,
            action: input.disabled ? 'db_set.disabled' : 'db_set.enabled',
            payload: { name: dbSet.name },
          });
        }
        if (toggled && input.disabled) {
          const targets = await findDbTargets(tx, { dbSetIds: [id] });
          await revisions.onTargetsDisabled(
            tx,
            context,
            targets.map(target => target.id),
          );
        }
        return this.#view(tx, context, id);
      }),
    );
  }

  async #view(tx: Tx, context: CommandContext, id: string): Promise<DbSet> {
    const dbSet = await store.findDbSet(tx, id);
    if (!dbSet) throw unknownDbSet(id);
    const contents = await store.contentsOfDbSets(tx, [id]);
    const actor = await lookUpActors(tx, [dbSet.createdBy]);
    return dbSetView(dbSet, {
      contents: contents(id),
      actor,
      principal: context.caller,
    });
  }
}

function nameTaken(name: string): HubError {
  return new HubError(
    'ALREADY_EXISTS',
    `There is a DB set '${name}' in this project and environment already, perhaps a disabled one. Choose another name.`,
  );
}
