import { dbTargetPatchSchema } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { SecretBox } from '../crypto/SecretBox';
import { Principal } from '../domain/actions';
import { DbTargetRecord } from '../domain/types';
import { HubError } from '../errors';
import { assertTlsFor } from './clientCertificates';
import { TargetSecrets } from './TargetSecrets';
import { TargetEdit } from './targetValues';

type PatchInput = z.output<typeof dbTargetPatchSchema>;

export const isPasswordTyped = ({ password, passwordFrom }: PatchInput) =>
  password !== undefined || passwordFrom !== undefined;

export const isCertificateTyped = (input: PatchInput) =>
  input.clientCertificate !== undefined ||
  input.clientCertificateFrom !== undefined;

/**
 * Puts what a PATCH says of password and client certificate into `edit`.
 *
 * @throws HubError `PASSWORD_REQUIRED` where one of them was typed for another
 * address, `INVALID_INPUT`, `ROLE_REQUIRED`.
 */
export async function editCredentials(
  secrets: TargetSecrets,
  principal: Principal,
  options: { target: DbTargetRecord; edit: TargetEdit; input: PatchInput },
): Promise<void> {
  const { target, edit, input } = options;
  const { next, changes, addressChanged } = edit;
  if (isPasswordTyped(input)) {
    await secrets.revealPassword(principal, input);
    next.passwordFrom = input.passwordFrom;
    next.secret = secrets.seal(input, next);
  } else if (addressChanged) {
    // A password goes only where it was typed for; no password goes anywhere.
    if (SecretBox.holdsText(target.secret)) {
      throw mustBeTypedAgain('password', target, edit);
    }
    next.secret = secrets.seal({ password: '' }, next);
  }
  if (isCertificateTyped(input)) {
    await secrets.revealCertificate(principal, input);
    const sealed = secrets.sealCertificate(input, next);
    next.clientSecret = sealed?.clientSecret;
    next.clientCertificate = sealed?.clientCertificate;
    changes.clientCertificate = {
      before: target.clientCertificate,
      after: next.clientCertificate,
    };
  } else if (addressChanged && target.clientSecret !== undefined) {
    throw mustBeTypedAgain('client certificate', target, edit);
  }
  assertTlsFor(next.clientCertificate, next.tls);
}

function mustBeTypedAgain(
  what: string,
  { name, username, host, port }: DbTargetRecord,
  { changes }: TargetEdit,
): HubError {
  return new HubError(
    'PASSWORD_REQUIRED',
    `The ${what} of '${name}' was typed for ${username} at ${host}:${port}. Type it again together with the new address.`,
    { details: { changed: Object.keys(changes) } },
  );
}
