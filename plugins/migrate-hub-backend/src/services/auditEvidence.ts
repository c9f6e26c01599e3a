import { canonicalJson } from '../crypto/canonical';
import { Signer } from '../crypto/Signer';
import { Checkpoint, checkpointBytes } from '../domain/auditChain';

/** Signs the end of a batch with the current key. */
export function signCheckpoint(
  signer: Signer,
  checkpoint: Omit<Checkpoint, 'keyId' | 'signature'>,
): Checkpoint {
  const signed = { ...checkpoint, keyId: signer.currentKeyId };
  return {
    ...signed,
    signature: signer.sign(checkpointBytes(signed)).signature,
  };
}

export const isSignedBy = (signer: Signer, checkpoint: Checkpoint): boolean =>
  signer.verify(
    checkpoint.keyId,
    checkpointBytes(checkpoint),
    checkpoint.signature,
  );

/** What the last line of an export says about all of it. */
export interface ExportSummary {
  id: string;
  at: string;
  filter: object;
  after: number;
  seq: number;
  /** Hex, of the chain at `seq`. */
  hash: string;
  events: number;
}

/** Signed, so that an export cannot be cut short. */
export function signExport(
  signer: Signer,
  summary: ExportSummary,
): ExportSummary & { scheme: string; keyId: string; signature: string } {
  const signed = {
    scheme: 'migrate-hub/audit-export/1',
    ...summary,
    keyId: signer.currentKeyId,
  };
  const { signature } = signer.sign(Buffer.from(canonicalJson(signed), 'utf8'));
  return { ...signed, signature: signature.toString('base64') };
}
