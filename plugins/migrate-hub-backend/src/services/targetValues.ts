import {
  dbTargetCreateSchema,
  dbTargetPatchSchema,
  Engine,
  TlsOptions,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { canonicalJson } from '../crypto/canonical';
import { digestedTargetFields } from '../domain/binding';
import { DbTargetRecord } from '../domain/types';
import { HubError } from '../errors';
import { Changes } from './staleness';

const DEFAULT_HISTORY_TABLE = 'migrations';

type Typed = Pick<
  z.output<typeof dbTargetCreateSchema>,
  'engine' | 'host' | 'tls' | 'historyTable' | 'historySchema'
>;

const isLoopback = (host: string) =>
  host.toLowerCase() === 'localhost' ||
  host === '::1' ||
  /^127(\.\d{1,3}){3}$/.test(host);

/** A target's settings with the defaults for what was not typed. */
export function withDefaults(typed: Typed): {
  tls: TlsOptions;
  historyTable: string;
  historySchema?: string;
} {
  assertSchemaFits(typed.engine, typed.historySchema);
  return {
    tls: typed.tls ?? {
      mode: isLoopback(typed.host) ? 'disable' : 'verify-full',
    },
    historyTable: typed.historyTable ?? DEFAULT_HISTORY_TABLE,
    historySchema: typed.historySchema,
  };
}

/** @throws HubError `INVALID_INPUT`: only Postgres has schemas in a database. */
export function assertSchemaFits(
  engine: Engine,
  historySchema: string | undefined,
): void {
  if (engine === 'postgres' || historySchema === undefined) return;
  throw new HubError(
    'INVALID_INPUT',
    `'historySchema' is for Postgres only: in ${engine} the history table stands in the database itself.`,
    {
      details: {
        issues: [{ path: 'historySchema', message: 'is for Postgres only' }],
      },
    },
  );
}

const same = (one: unknown, other: unknown) =>
  canonicalJson([one ?? null]) === canonicalJson([other ?? null]);

/** What the stored password is bound to, and more: who may answer there. */
const ADDRESS = ['host', 'port', 'username', 'tls'] as const;
const SERVER = [...ADDRESS, 'database'] as const;
const SETTINGS = [...SERVER, 'name', 'historyTable', 'historySchema'] as const;

/** What a PATCH comes to. */
export interface TargetEdit {
  next: DbTargetRecord;
  changes: Changes;
  /** The stored password cannot be used any more. */
  addressChanged: boolean;
  /** Another database may answer. */
  serverChanged: boolean;
}

/** Lays a PATCH over a target. */
export function editOf(
  target: DbTargetRecord,
  input: z.output<typeof dbTargetPatchSchema>,
): TargetEdit {
  assertSchemaFits(target.engine, input.historySchema);
  const changes: Changes = {};
  const next = { ...target };
  for (const field of SETTINGS) {
    const after = input[field];
    if (after === undefined || same(target[field], after)) continue;
    changes[field] = { before: target[field], after };
    Object.assign(next, { [field]: after });
  }
  next.disabled = input.disabled ?? target.disabled;
  return {
    next,
    changes,
    addressChanged: ADDRESS.some(field => field in changes),
    serverChanged: SERVER.some(field => field in changes),
  };
}

/** Whether an approval of the one would not cover the other. */
export const digestDiffers = (
  one: DbTargetRecord,
  other: DbTargetRecord,
): boolean => !same(digestedTargetFields(one), digestedTargetFields(other));
