import { canonicalJson } from '../crypto/canonical';
import { Signer } from '../crypto/Signer';

interface SignedSetting {
  settings: object;
  keyId: string;
  /** When; what was signed before this was kept has none. */
  at?: string;
  /** Base64. */
  signature: string;
}

const settingBytes = (
  key: string,
  { settings, keyId, at }: Omit<SignedSetting, 'signature'>,
): Buffer => {
  const scheme = `migrate-hub/setting/${at === undefined ? 1 : 2}`;
  return Buffer.from(
    canonicalJson({ scheme, key, settings, keyId, at }),
    'utf8',
  );
};

/** Settings as they are stored: signed, so that only the hub sets them. */
export function signSetting(
  signer: Signer,
  key: string,
  settings: object,
): SignedSetting {
  const signed = {
    ...{ settings, keyId: signer.currentKeyId },
    at: new Date().toISOString(),
  };
  const { signature } = signer.sign(settingBytes(key, signed));
  return { ...signed, signature: signature.toString('base64') };
}

/** The settings; undefined for what the hub did not sign, or somebody else could have. */
export function openSetting(
  signer: Signer,
  key: string,
  stored: unknown,
): object | undefined {
  const { settings, keyId, at, signature }: Partial<SignedSetting> =
    Object(stored);
  if (!settings || !keyId || !signature) return undefined;
  const signedAt = at === undefined ? new Date() : new Date(at);
  if (signer.isCompromised(keyId, signedAt)) return undefined;
  const bytes = settingBytes(key, { settings, keyId, at });
  return signer.verify(keyId, bytes, Buffer.from(signature, 'base64'))
    ? settings
    : undefined;
}
