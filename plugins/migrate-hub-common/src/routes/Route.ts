import { BasicPermission } from '@backstage/plugin-permission-common';
import { z } from 'zod';
import { idSchema, keySchema } from '../primitives';

/**
 * One route of the API. Server, client and `openapi.json` are made from it.
 *
 * @public
 */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Express path below `/v1`. */
  path: string;
  summary: string;
  permission: BasicPermission;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodObject;
  /** Status of the success answer. */
  status: 200 | 201 | 202;
  response: z.ZodType;
  /** Body limit: `sql` is 60 MB, anything else 1 MB. */
  bodyLimit?: 'sql';
  /** POSTs that create take an `Idempotency-Key`. */
  idempotent?: boolean;
  /** Other media types it can answer besides JSON. */
  produces?: string[];
}

export const byId = z.object({ id: idSchema });
export const byKey = z.object({ key: keySchema });

export const get = <R extends Omit<Route, 'method' | 'status'>>(route: R) =>
  ({ method: 'GET', status: 200, ...route } as const);
export const post = <
  R extends Omit<Route, 'method' | 'status'>,
  S extends Route['status'],
>(
  status: S,
  route: R,
) => ({ method: 'POST', status, ...route } as const);
export const patch = <R extends Omit<Route, 'method' | 'status'>>(route: R) =>
  ({ method: 'PATCH', status: 200, ...route } as const);
export const put = <R extends Omit<Route, 'method' | 'status'>>(route: R) =>
  ({ method: 'PUT', status: 200, ...route } as const);
export const del = <R extends Omit<Route, 'method' | 'status'>>(route: R) =>
  ({ method: 'DELETE', status: 200, ...route } as const);
