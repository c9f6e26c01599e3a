// Keys and passwords of the development set-up: made once, kept in .local, never in the repository.
import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

const words =
  'amber birch cedar delta ember fjord grove hazel inlet juniper kelp larch maple nectar olive pebble quartz reed sage tulip umber violet willow yarrow zinnia'.split(
    ' ',
  );

/** The secrets in `file`, after adding those that it does not hold yet. */
export function loadSecrets(file) {
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const secrets = { ...newSecrets(), ...known };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return secrets;
}

export function newSecrets() {
  return {
    secretKey: randomBytes(32).toString('base64'),
    signingKey: generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'der' })
      .toString('base64'),
    demoUserPassword: readablePassword(),
    demoManagerPassword: readablePassword(),
    demoAdminPassword: readablePassword(),
    demoTargetPassword: randomBytes(12).toString('hex'),
  };
}

/** A password that a person can read off a terminal and type. */
function readablePassword() {
  const word = () => words[randomInt(words.length)];
  return `${word()}-${word()}-${word()}-${randomInt(1000, 10_000)}`;
}

/** The demo accounts, in the order in which a story uses them. */
export function demoAccounts(secrets) {
  return [
    { email: 'user@example.com', password: secrets.demoUserPassword },
    { email: 'manager@example.com', password: secrets.demoManagerPassword },
    { email: 'admin@example.com', password: secrets.demoAdminPassword },
  ];
}
