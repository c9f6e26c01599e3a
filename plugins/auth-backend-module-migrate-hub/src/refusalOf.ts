import * as client from 'openid-client';
import { Refusal } from './Refusal';

const wrongClaim: Record<string, string> = {
  iss: 'wrong_issuer',
  aud: 'wrong_audience',
  azp: 'wrong_audience',
  nonce: 'wrong_nonce',
};

/** The library keeps what it found out in the cause of the cause. */
function factsOf(error: client.ClientError): {
  message: string;
  claim?: unknown;
  reason?: unknown;
} {
  const { cause } = error;
  if (!(cause instanceof Error)) return { message: error.message };
  const facts: object = Object(cause.cause);
  return {
    message: cause.message,
    claim: 'claim' in facts ? facts.claim : undefined,
    reason: 'reason' in facts ? facts.reason : undefined,
  };
}

function reasonOf(error: client.ClientError): string {
  const { message, claim } = factsOf(error);
  switch (error.code) {
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
      return wrongClaim[String(claim)] ?? 'wrong_claim';
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return 'expired';
    case 'OAUTH_KEY_SELECTION_FAILED':
      return 'unknown_key';
    case 'OAUTH_UNSUPPORTED_OPERATION':
      return 'wrong_algorithm';
    default:
  }
  if (message.includes('signature')) return 'bad_signature';
  if (message.includes('"alg"')) return 'wrong_algorithm';
  const missing = /"(iss|aud|azp|nonce)"/.exec(message)?.[1];
  return missing ? wrongClaim[missing] : 'invalid_response';
}

/** Why a callback was not accepted. Nothing of its content is in it. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof client.AuthorizationResponseError) {
    return error.error === 'access_denied'
      ? new Refusal('canceled', 'access_denied')
      : new Refusal('failed', 'provider_error');
  }
  if (error instanceof client.ResponseBodyError) {
    return new Refusal('failed', 'code_refused');
  }
  if (!(error instanceof client.ClientError)) {
    // fetch throws a TypeError where nobody answers.
    return new Refusal('unavailable', 'provider_unavailable');
  }
  const unreachable = [
    'OAUTH_TIMEOUT',
    'OAUTH_RESPONSE_IS_NOT_CONFORM',
    'OAUTH_RESPONSE_IS_NOT_JSON',
    undefined,
  ].includes(error.code);
  return unreachable
    ? new Refusal('unavailable', 'provider_unavailable')
    : new Refusal('failed', reasonOf(error));
}
