import { z } from 'zod';
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

/** A checkpoint as one text, for whoever keeps it elsewhere. */
export const checkpointText = (checkpoint: Checkpoint): string =>
  canonicalJson({
    seq: checkpoint.seq,
    hash: checkpoint.hash.toString('hex'),
    at: checkpoint.at.toISOString(),
    previous: checkpoint.previous,
    keyId: checkpoint.keyId,
    signature: checkpoint.signature.toString('base64'),
  });

const keptSchema = z.object({
  seq: z.int().min(1),
  hash: z.hex().length(64),
  at: z.iso.datetime(),
  previous: z.int().optional(),
  keyId: z.string(),
  signature: z.base64(),
});

/** Undefined for what is no checkpoint. */
export function readCheckpoint(text: string): Checkpoint | undefined {
  let kept: z.output<typeof keptSchema>;
  try {
    kept = keptSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
  return {
    ...kept,
    hash: Buffer.from(kept.hash, 'hex'),
    at: new Date(kept.at),
    signature: Buffer.from(kept.signature, 'base64'),
  };
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
