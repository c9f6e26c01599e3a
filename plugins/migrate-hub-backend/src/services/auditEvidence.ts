import { canonicalJson } from '../crypto/canonical';
import { Signer } from '../crypto/Signer';
import { ChainHead, Checkpoint, checkpointBytes } from '../domain/auditChain';

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

/** How far a chain was found whole, as it is kept: signed, so that nobody can move it on. */
export interface VerifiedMark {
  seq: number;
  /** Hex. */
  hash: string;
  keyId: string;
  /** Base64. */
  signature: string;
}

const markBytes = (mark: Omit<VerifiedMark, 'signature'>): Buffer =>
  Buffer.from(
    canonicalJson({ scheme: 'migrate-hub/audit-verified/1', ...mark }),
    'utf8',
  );

export function signMark(signer: Signer, head: ChainHead): VerifiedMark {
  const mark = {
    seq: head.seq,
    hash: head.hash.toString('hex'),
    keyId: signer.currentKeyId,
  };
  const { signature } = signer.sign(markBytes(mark));
  return { ...mark, signature: signature.toString('base64') };
}

/** Undefined for a mark that the hub did not make. */
export function openMark(
  signer: Signer,
  mark: VerifiedMark,
): ChainHead | undefined {
  const { signature, seq, hash, keyId } = mark;
  const signed = signer.verify(
    keyId,
    markBytes({ seq, hash, keyId }),
    Buffer.from(signature, 'base64'),
  );
  return signed ? { seq, hash: Buffer.from(hash, 'hex') } : undefined;
}

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
