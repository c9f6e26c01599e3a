import {
  DbTarget,
  dbTargetCreateSchema,
  dbTargetPatchSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ConnectionTestResult } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Knex } from 'knex';
import { z } from 'zod';
import { inventoryRefusal, Principal } from '../domain/actions';
import { personRefusal, roleRefusal } from '../domain/caller';
import { DbTargetRecord } from '../domain/types';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { newId, Tx } from '../store/Database';
import { findDbSet } from '../store/dbSets';
import * as store from '../store/dbTargets';
import { findProjectByKey } from '../store/projects';
import { assertTlsFor } from './clientCertificates';
import { Commands } from './Commands';
import { ConnectionTests } from './ConnectionTests';
import { CommandContext } from './context';
import { RateLimits } from './RateLimits';
import { refuse } from './refuse';
import { RunRevisions } from './RunRevisions';
import { assertRevision } from './staleness';
import {
  assertSchemaFits,
  digestDiffers,
  editOf,
  TargetEdit,
  withDefaults,
} from './targetValues';
import {
  editCredentials,
  isCertificateTyped,
  isPasswordTyped,
} from './targetCredentials';
import { TargetSecrets } from './TargetSecrets';
import { identify } from './serverIdentity';
import { refuseDuplicates } from './uniqueness';

export interface DbTargetWriterOptions {
  commands: Commands;
  secrets: TargetSecrets;
  connections: ConnectionTests;
  limits: RateLimits;
  revisions: Pick<RunRevisions, 'onTargetChanged' | 'onTargetsDisabled'>;
}

type View = (tx: Tx, id: string) => Promise<DbTarget>;
type CreateInput = z.output<typeof dbTargetCreateSchema>;
type PatchInput = z.output<typeof dbTargetPatchSchema>;

/** Creates and changes DB targets: test outside, then one transaction. */
export class DbTargetWriter {
  readonly #options: DbTargetWriterOptions;

  private constructor(options: DbTargetWriterOptions) {
    this.#options = options;
  }

  static create(options: DbTargetWriterOptions): DbTargetWriter {
    return new DbTargetWriter(options);
  }

  async create(
    context: CommandContext,
    input: CreateInput,
    view: View,
  ): Promise<DbTarget> {
    const { commands, connections, secrets } = this.#options;
    refuse(inventoryRefusal(context.caller, { act: 'create' }));
    if (input.confirmDistinctServer) refuse(confirmRefusal(context.caller));
    await this.#assertSetOpen(commands.knex, input.dbSetId);

    await this.#options.limits.count(context, 'connectionTest');
    const { engine, name, host, port, database, username } = input;
    const { passwordFrom } = input;
    const values = {
      ...withDefaults(input),
      ...{ name, host, port, database, username, passwordFrom },
    };
    const credentials = await secrets.reveal(context.caller, input);
    const id = newId();
    const binding = { id, engine, ...values };
    const certificate = secrets.sealCertificate(input, binding);
    assertTlsFor(certificate?.clientCertificate, values.tls);
    const test = await connections.probe(engine, { ...values, ...credentials });
    const secret = secrets.seal(input, binding);
    return refuseDuplicates(this.#duplicates(input.name), () =>
      commands.run(context, async tx => {
        const set = await this.#assertSetOpen(tx, input.dbSetId);
        const { identity, audit } = await identify(tx, {
          target: { id, name },
          test,
          confirmed: input.confirmDistinctServer,
        });
        const userId = context.caller.user.id;
        await store.insertDbTarget(tx, {
          ...{ ...values, ...certificate },
          ...{ id, engine, secret, userId, dbSetId: set.id },
          identity: identity ?? { distinct: false },
        });
        await store.saveTest(tx, id, test);
        await appendAuditEvent(tx, {
          actorId: userId,
          action: 'db_target.created',
          entityType: 'db_target',
          entityId: id,
          environment: set.environment,
          requestId: context.requestId,
          payload: {
            ...{ dbSet: set.id, engine, ...values, ...audit },
            clientCertificate: certificate?.clientCertificate,
          },
        });
        return view(tx, id);
      }),
    );
  }

  async update(
    context: CommandContext,
    { target, input }: { target: DbTargetRecord; input: PatchInput },
    view: View,
  ): Promise<DbTarget> {
    const { commands, secrets } = this.#options;
    this.#authorize(context.caller, target, input);
    assertRevision(target, input.expectedRevision, 'DB target');
    assertSchemaFits(target.engine, input.historySchema);

    const edit = editOf(target, input);
    const { id } = target;
    await editCredentials(secrets, context.caller, { target, edit, input });
    const test = await this.#testOf(context, edit, input);

    return refuseDuplicates(this.#duplicates(edit.next.name), () =>
      commands.run(context, async tx => {
        const before = await store.lockDbTarget(tx, id);
        if (!before) throw new Error(`target ${id} is gone`);
        assertRevision(before, input.expectedRevision, 'DB target');
        const { identity, audit } = test
          ? await identify(tx, {
              target: before,
              test,
              known: edit.serverChanged ? undefined : before.serverIdentity,
              confirmed: input.confirmDistinctServer,
            })
          : { identity: undefined, audit: undefined };

        await store.updateDbTarget(tx, id, {
          ...edit.next,
          // Keys may have been rotated since the target was read.
          ...(edit.next.secret === target.secret && { secret: before.secret }),
          ...(edit.next.clientSecret === target.clientSecret && {
            clientSecret: before.clientSecret,
          }),
          identity,
        });
        if (test) await store.saveTest(tx, id, test);
        await this.#record(tx, context, { before, edit, input, audit });

        const after = await store.findDbTarget(tx, id);
        if (after && digestDiffers(before, after)) {
          await this.#options.revisions.onTargetChanged(tx, context, after);
        }
        if (edit.next.disabled && !before.disabled) {
          await this.#options.revisions.onTargetsDisabled(tx, context, [id]);
        }
        return view(tx, id);
      }),
    );
  }

  #authorize(
    principal: Principal,
    target: DbTargetRecord,
    input: PatchInput,
  ): void {
    const { expectedRevision, disabled, ...settings } = input;
    const toggled = disabled !== undefined && disabled !== target.disabled;
    if (toggled) refuse(inventoryRefusal(principal, { act: 'disable' }));
    if (Object.keys(settings).length > 0 || !toggled) {
      const { createdBy } = target;
      refuse(inventoryRefusal(principal, { act: 'change', createdBy }));
    }
    if (settings.confirmDistinctServer) refuse(confirmRefusal(principal));
  }

  async #testOf(
    context: CommandContext,
    edit: TargetEdit,
    input: PatchInput,
  ): Promise<ConnectionTestResult | undefined> {
    const { connections } = this.#options;
    const { next, changes, serverChanged } = edit;
    const wanted =
      serverChanged ||
      'historyTable' in changes ||
      'historySchema' in changes ||
      isPasswordTyped(input) ||
      isCertificateTyped(input) ||
      input.confirmDistinctServer;
    if (!wanted) return undefined;
    await this.#options.limits.count(context, 'connectionTest');
    return connections.probe(next.engine, await connections.connectionOf(next));
  }

  async #record(
    tx: Knex.Transaction,
    context: CommandContext,
    done: {
      before: DbTargetRecord;
      edit: TargetEdit;
      input: PatchInput;
      audit?: Record<string, unknown>;
    },
  ): Promise<void> {
    const { before, edit, input, audit } = done;
    const event = {
      actorId: context.caller.user.id,
      entityType: 'db_target' as const,
      entityId: before.id,
      environment: before.environment,
      requestId: context.requestId,
    };
    const { next, changes } = edit;
    if (audit || Object.keys(changes).length > 0) {
      await appendAuditEvent(tx, {
        ...event,
        action: 'db_target.updated',
        payload: {
          name: before.name,
          changes,
          passwordChanged: isPasswordTyped(input),
          passwordFrom: input.passwordFrom,
          ...audit,
        },
      });
    }
    if (next.disabled !== before.disabled) {
      await appendAuditEvent(tx, {
        ...event,
        action: next.disabled ? 'db_target.disabled' : 'db_target.enabled',
        payload: { name: before.name },
      });
    }
  }

  async #assertSetOpen(tx: Tx, id: string) {
    const set = await findDbSet(tx, id);
    if (!set) {
      throw new HubError('NOT_FOUND', `There is no DB set with id ${id}.`);
    }
    if (set.disabled) {
      throw new HubError(
        'DISABLED',
        `DB set '${set.name}' is disabled and takes no new targets. An admin can enable it again.`,
        { details: { who: 'admins' } },
      );
    }
    const project = await findProjectByKey(tx, set.projectKey);
    if (project?.archived) {
      throw new HubError(
        'ARCHIVED',
        `Project '${set.projectKey}' is archived: its DB sets take no new targets.`,
      );
    }
    return set;
  }

  /** What two at once come to: the index decides who was first. */
  #duplicates(name: string): Record<string, () => HubError> {
    return {
      db_targets_db_set_id_name_key: () =>
        new HubError(
          'ALREADY_EXISTS',
          `There is a target '${name}' in this DB set already, perhaps a disabled one. Choose another name.`,
        ),
      db_targets_identity: () =>
        new HubError(
          'DUPLICATE_SERVER',
          `'${name}' is the same database as another target that was saved just now. One database has one entry.`,
        ),
    };
  }
}

/** Saying that two entries are two servers is an admin's word. */
function confirmRefusal(principal: Principal) {
  const act = 'confirm that this is another server';
  return (
    personRefusal(principal, act) ?? roleRefusal(principal.user, 'admin', act)
  );
}
