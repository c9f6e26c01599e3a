import {
  Project,
  projectCreateSchema,
  projectListQuerySchema,
  projectPatchSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { inventoryRefusal } from '../domain/actions';
import { ProjectRecord } from '../domain/types';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { decodeCursor, toPage } from '../store/cursor';
import { Tx } from '../store/Database';
import * as store from '../store/projects';
import { targetIdsOfProject } from '../store/dbTargets';
import { lookUpActors } from './actors';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { projectView } from './inventoryViews';
import { refuse } from './refuse';
import { RunRevisions } from './RunRevisions';
import { assertRevision, changesOf } from './staleness';
import { refuseDuplicates } from './uniqueness';

interface Options {
  commands: Commands;
  revisions: Pick<RunRevisions, 'onTargetsDisabled'>;
}

/** Projects. They are archived, never deleted. */
export class ProjectsService {
  readonly #options: Options;

  private constructor(options: Options) {
    this.#options = options;
  }

  static create(options: Options): ProjectsService {
    return new ProjectsService(options);
  }

  async list(
    context: CommandContext,
    query: z.output<typeof projectListQuerySchema>,
  ): Promise<{ items: Project[]; nextCursor?: string }> {
    const tx = this.#options.commands.knex;
    const rows = await store.listProjects(tx, query, {
      limit: query.limit,
      after: decodeCursor(query.cursor),
    });
    const actor = await lookUpActors(
      tx,
      rows.map(row => row.createdBy),
    );
    return toPage(rows, query.limit, {
      at: row => row.exactCreatedAt,
      item: row => projectView(row, { actor, principal: context.caller }),
    });
  }

  async get(context: CommandContext, key: string): Promise<Project> {
    const tx = this.#options.commands.knex;
    const project = await store.findProjectByKey(tx, key);
    if (!project) throw unknownProject(key);
    return this.#view(tx, context, project);
  }

  async create(
    context: CommandContext,
    input: z.output<typeof projectCreateSchema>,
  ): Promise<Project> {
    refuse(inventoryRefusal(context.caller, { act: 'create' }));
    const taken = () =>
      new HubError(
        'ALREADY_EXISTS',
        `There is a project '${input.key}' already, perhaps an archived one. Choose another key.`,
      );
    return refuseDuplicates({ projects_key_key: taken }, () =>
      this.#options.commands.run(context, async tx => {
        const userId = context.caller.user.id;
        const project = await store.insertProject(tx, { ...input, userId });
        await appendAuditEvent(tx, {
          actorId: userId,
          action: 'project.created',
          entityType: 'project',
          entityId: project.id,
          requestId: context.requestId,
          payload: { ...input },
        });
        return this.#view(tx, context, project);
      }),
    );
  }

  /** @throws HubError `STALE_REVISION`, or what the rules refuse. */
  async update(
    context: CommandContext,
    key: string,
    input: z.output<typeof projectPatchSchema>,
  ): Promise<Project> {
    return this.#options.commands.run(context, async tx => {
      const project = await store.lockProjectByKey(tx, key);
      if (!project) throw unknownProject(key);
      const { createdBy } = project;
      refuse(
        inventoryRefusal(context.caller, {
          act: 'change',
          createdBy,
        }),
      );
      assertRevision(project, input.expectedRevision, 'project');

      const changes = changesOf(project, input, [
        'name',
        'description',
        'entityRef',
      ]);
      const toggled =
        input.archived !== undefined && input.archived !== project.archived;
      if (Object.keys(changes).length === 0 && !toggled) {
        return this.#view(tx, context, project);
      }
      const changed = await store.updateProject(tx, project.id, input);
      const audit = {
        actorId: context.caller.user.id,
        entityType: 'project' as const,
        entityId: project.id,
        requestId: context.requestId,
      };
      if (Object.keys(changes).length > 0) {
        await appendAuditEvent(tx, {
          ...audit,
          action: 'project.updated',
          payload: { key, changes },
        });
      }
      if (toggled) {
        await appendAuditEvent(tx, {
          ...audit,
          action: input.archived ? 'project.archived' : 'project.unarchived',
          payload: { key },
        });
      }
      if (toggled && input.archived) {
        await this.#options.revisions.onTargetsDisabled(
          tx,
          context,
          await targetIdsOfProject(tx, project.id),
        );
      }
      return this.#view(tx, context, changed);
    });
  }

  async #view(
    tx: Tx,
    context: CommandContext,
    project: ProjectRecord,
  ): Promise<Project> {
    const actor = await lookUpActors(tx, [project.createdBy]);
    return projectView(project, { actor, principal: context.caller });
  }
}

export function unknownProject(key: string): HubError {
  return new HubError(
    'NOT_FOUND',
    `There is no project '${key}'. Create it first, or check the key.`,
  );
}
