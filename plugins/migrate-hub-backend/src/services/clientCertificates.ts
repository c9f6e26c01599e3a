import { createPrivateKey, X509Certificate } from 'crypto';
import {
  ClientCertificateFacts,
  TlsOptions,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ClientCertificate } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { sha256 } from '../crypto/canonical';
import { HubError } from '../errors';

const block = (label: string) =>
  new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, 'g');
const CERTIFICATES = block('CERTIFICATE');
const KEYS = block('(?:RSA |EC )?PRIVATE KEY');

/** Certificate and key out of one text that holds both, in any order. */
export function splitPem(text: string): ClientCertificate {
  return {
    certificate: (text.match(CERTIFICATES) ?? []).join('\n'),
    key: text.match(KEYS)?.[0] ?? '',
  };
}

/** Why a server could make nothing of it; undefined if it could. Never quotes it. */
export function certificateFault(
  typed: ClientCertificate,
): { field: 'certificate' | 'key'; message: string } | undefined {
  const certificate = parsed(() => new X509Certificate(typed.certificate));
  if (!certificate) {
    return {
      field: 'certificate',
      message: 'The client certificate is no certificate in PEM.',
    };
  }
  const key = parsed(() => createPrivateKey(typed.key));
  if (!key) {
    return {
      field: 'key',
      message:
        'The key of the client certificate is no private key in PEM, or has a passphrase. Take the passphrase off (openssl pkey): the hub encrypts what it stores.',
    };
  }
  return certificate.checkPrivateKey(key)
    ? undefined
    : {
        field: 'key',
        message: 'The key is not that of the client certificate.',
      };
}

/** What everybody may know of a certificate without fault. */
export function certificateFacts({
  certificate,
}: ClientCertificate): ClientCertificateFacts {
  const { subject, raw, validTo } = new X509Certificate(certificate);
  return {
    subject: subject.replaceAll('\n', ', '),
    fingerprint: sha256(raw),
    notAfter: new Date(validTo).toISOString(),
  };
}

/** @throws HubError `INVALID_INPUT`: without TLS nobody asks for a certificate. */
export function assertTlsFor(
  facts: ClientCertificateFacts | undefined,
  tls: TlsOptions,
): void {
  if (!facts || tls.mode !== 'disable') return;
  const message =
    'A client certificate is shown in TLS only. Choose another TLS mode than disable, or leave the certificate out.';
  throw new HubError('INVALID_INPUT', message, {
    details: { issues: [{ path: 'tls', message }] },
  });
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
