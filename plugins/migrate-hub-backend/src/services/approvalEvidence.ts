import { canonicalJson } from '../crypto/canonical';
import { Signer } from '../crypto/Signer';
import { ApprovalRecord } from '../domain/types';

type Signed = Omit<ApprovalRecord, 'canonical' | 'signature'>;

const canonicalApproval = (approval: Signed): Buffer =>
  Buffer.from(
    canonicalJson({
      scheme: 'migrate-hub/approval/1',
      id: approval.id,
      run: approval.runId,
      revision: approval.revision,
      digest: approval.digest,
      decision: approval.decision,
      comment: approval.comment,
      approver: approval.approverId,
      at: approval.createdAt.toISOString(),
      keyId: approval.keyId,
    }),
    'utf8',
  );

/** Signs a decision with the current key. */
export function signApproval(
  signer: Signer,
  approval: Omit<Signed, 'keyId'>,
): ApprovalRecord {
  const signed = { ...approval, keyId: signer.currentKeyId };
  const canonical = canonicalApproval(signed);
  const { signature } = signer.sign(canonical);
  return { ...signed, canonical, signature };
}

/** Is this row what was signed? Says no for a changed column as for a changed signature. */
export function verifyApproval(
  signer: Signer,
  approval: ApprovalRecord,
): boolean {
  const canonical = canonicalApproval(approval);
  return (
    canonical.equals(approval.canonical) &&
    signer.verify(approval.keyId, canonical, approval.signature)
  );
}
