import { canonicalJson } from '../crypto/canonical';
import { Signer } from '../crypto/Signer';

interface SignedSetting {
  settings: object;
  keyId: string;
  /** Base64. */
  signature: string;
}

const settingBytes = (key: string, settings: object, keyId: string): Buffer =>
  Buffer.from(
    canonicalJson({ scheme: 'migrate-hub/setting/1', key, settings, keyId }),
    'utf8',
  );

/** Settings as they are stored: signed, so that only the hub sets them. */
export function signSetting(
  signer: Signer,
  key: string,
  settings: object,
): SignedSetting {
  const keyId = signer.currentKeyId;
  const { signature } = signer.sign(settingBytes(key, settings, keyId));
  return { settings, keyId, signature: signature.toString('base64') };
}

/** The settings; undefined for what the hub did not sign. */
export function openSetting(
  signer: Signer,
  key: string,
  stored: unknown,
): object | undefined {
  const { settings, keyId, signature }: Partial<SignedSetting> = Object(stored);
  if (!settings || !keyId || !signature) return undefined;
  const bytes = settingBytes(key, settings, keyId);
  return signer.verify(keyId, bytes, Buffer.from(signature, 'base64'))
    ? settings
    : undefined;
}
