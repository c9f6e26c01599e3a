import { canonicalJson } from '../crypto/canonical';
import { Signer } from '../crypto/Signer';
import { BreakGlass } from '../domain/types';

const canonicalGlass = (
  runId: string,
  glass: BreakGlass,
  confirmed: { by: string; at: Date; keyId: string },
): Buffer =>
  Buffer.from(
    canonicalJson({
      scheme: 'migrate-hub/break-glass/1',
      run: runId,
      revision: glass.revision,
      digest: glass.digest,
      reason: glass.reason,
      requestedBy: glass.requestedBy,
      requestedAt: glass.requestedAt.toISOString(),
      confirmedBy: confirmed.by,
      confirmedAt: confirmed.at.toISOString(),
      keyId: confirmed.keyId,
    }),
    'utf8',
  );

/** Signs the second admin's word, so that nobody can write it into the records alone. */
export function confirmBreakGlass(
  signer: Signer,
  runId: string,
  glass: BreakGlass,
  second: { by: string; at: Date },
): BreakGlass {
  const signed = { ...second, keyId: signer.currentKeyId };
  const { signature } = signer.sign(canonicalGlass(runId, glass, signed));
  return {
    ...glass,
    confirmed: { ...signed, signature: signature.toString('base64') },
  };
}

/** Is this what was signed? */
export function verifyBreakGlass(
  signer: Signer,
  runId: string,
  glass: BreakGlass,
): boolean {
  const { confirmed } = glass;
  if (!confirmed || signer.isCompromised(confirmed.keyId, confirmed.at)) {
    return false;
  }
  return signer.verify(
    confirmed.keyId,
    canonicalGlass(runId, glass, confirmed),
    Buffer.from(confirmed.signature, 'base64'),
  );
}
