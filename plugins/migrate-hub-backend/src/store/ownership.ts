import { Tx } from './Database';

/** Whose the tables of the audit trail are. */
export interface Ownership {
  owner: string;
  /** The role that the hub works as can do whatever the owner can. */
  isOurs: boolean;
}

/** The owner of a table can switch its triggers off, and so what makes it append-only. */
export async function ownershipOfTrail(tx: Tx): Promise<Ownership> {
  const { rows } = await tx.raw(
    `select pg_get_userbyid(c.relowner) as owner,
            pg_has_role(current_user, c.relowner, 'usage') as ours
       from pg_class c where c.oid = 'audit_events'::regclass`,
  );
  return { owner: rows[0].owner, isOurs: rows[0].ours };
}

/** For operators, in the log and in the health of the hub. */
export const ownershipText = ({ isOurs }: Ownership): string =>
  isOurs
    ? `the tables belong to the hub's own role, which could switch off what makes them append-only; in production let another role own them, see docs/guarantees.md`
    : `the tables belong to another role than the hub's: what makes them append-only holds for the hub too`;
