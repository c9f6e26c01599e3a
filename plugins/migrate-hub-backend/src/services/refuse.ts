import { Refusal } from '../domain/refusal';
import { HubError } from '../errors';

/** The error that a refusal of the rules is answered with. */
function toHubError({ code, message, who, details }: Refusal): HubError {
  return new HubError(code, message, {
    details: who || details ? { ...(who && { who }), ...details } : undefined,
  });
}

/** Throws the refusal, if there is one. */
export function refuse(refusal: Refusal | undefined): void {
  if (refusal) throw toHubError(refusal);
}
