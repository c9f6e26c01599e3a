import { HoldKind } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ErrorCode } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Refusal } from './refusal';

/** Why nothing more of an open run is claimed for the time being. It stays open. */
export interface Hold {
  kind: HoldKind;
  /** A full sentence. */
  message: string;
  /** When it ends by itself, where that is known. */
  until?: Date;
  /** Who can end it. */
  who?: string;
}

/** What can open again without anything that was approved being changed. */
const passing: Partial<Record<ErrorCode, HoldKind>> = {
  TOO_EARLY: 'schedule',
  FROZEN: 'freeze',
  OUTSIDE_WINDOW: 'window',
  NOT_APPROVED: 'approval',
  USER_DISABLED: 'adoption',
  ROLE_REQUIRED: 'adoption',
  PROMOTION_REQUIRED: 'promotion',
};

/** Holds that a person should hear of: something that was open has closed. */
export const UNEXPECTED: readonly HoldKind[] = [
  'freeze',
  'window',
  'approval',
  'adoption',
  'promotion',
];

function holdOf({ code, message, who, details }: Refusal): Hold | undefined {
  const kind = passing[code];
  if (!kind) return undefined;
  const opensAt = details?.opensAt;
  return {
    kind,
    message,
    ...(who ? { who } : {}),
    ...(typeof opensAt === 'string' ? { until: new Date(opensAt) } : {}),
  };
}

/**
 * The hold that refusals of the gate amount to; undefined if one of them will
 * not pass, or if there is none.
 */
export function holdOfRefusals(refusals: readonly Refusal[]): Hold | undefined {
  const holds = refusals.map(holdOf);
  return holds.includes(undefined) ? undefined : holds[0];
}
