// Private MariaDB and MySQL servers.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { join } from 'node:path';
import { keep, run, untilReady } from '../run.mjs';
import { newPassword, removeFolder, tempFolder } from './temp.mjs';

const user = 'migrate_hub';
const isRoot = process.getuid?.() === 0;

const fastMariadb = [
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-flush-method=nosync',
  '--innodb-doublewrite=OFF',
  '--innodb-buffer-pool-size=64M',
  '--max-connections=300',
];

const fastMysql = [
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-flush-method=nosync',
  '--innodb-doublewrite=OFF',
  '--innodb-buffer-pool-size=64M',
  '--innodb-redo-log-capacity=64M',
  '--sync-binlog=0',
  '--max-connections=300',
  // With GTIDs the outcome of a lost COMMIT can be proved.
  '--gtid-mode=ON',
  '--enforce-gtid-consistency=ON',
];

export async function startTestMariadb({ binaries, port, log }) {
  const folder = tempFolder('mh-maria-');
  const server = await startMariadb({
    binaries,
    folder,
    port,
    log,
    remove: folder,
    flags: fastMariadb,
  });
  return { ...server, name: 'mariadb' };
}

/** MariaDB whose data stays in `folder`. */
export function startPersistentMariadb({ folder, ...options }) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return startMariadb({ flags: [], folder, ...options });
}

async function startMariadb(options) {
  const { binaries, folder, port, log, remove, flags } = options;
  const account = isRoot ? ['--user=root'] : [];
  await initialiseOnce({ folder, remove }, () =>
    run(binaries.install, [
      '--no-defaults',
      `--datadir=${join(folder, 'data')}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...(remove ? ['--innodb-flush-method=nosync'] : []),
      ...account,
    ]),
  );
  return serve({
    what: 'MariaDB',
    command: binaries.server,
    prefix: [],
    folder,
    visible: folder,
    port,
    log,
    remove,
    flags: [...account, ...flags],
  });
}

/** MySQL of the machine itself (`server`), or of the folder `chroot`. */
export async function startTestMysql({ server, chroot, port, log }) {
  const folder = tempFolder(
    'mh-mysql-',
    chroot ? join(chroot, 'tmp') : undefined,
  );
  const running = await startMysql({
    server,
    chroot,
    folder,
    port,
    log,
    remove: folder,
    flags: fastMysql,
  });
  return { ...running, name: 'mysql' };
}

/** MySQL whose data stays in `folder`; with `chroot`, the folder that it is installed in. */
export function startPersistentMysql(options) {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  return startMysql({ flags: [], ...options });
}

async function startMysql(options) {
  const { server, chroot, folder, port, log, remove, flags } = options;
  // Inside the chroot the same folder has another name.
  const visible = chroot ? folder.slice(chroot.length) : folder;
  const command = chroot ? 'chroot' : server;
  const prefix = chroot ? [chroot, '/usr/sbin/mysqld'] : [];
  const account = isRoot ? ['--user=root'] : [];
  const quiet = ['--mysqlx=OFF', '--secure-file-priv=NULL'];
  await initialiseOnce({ folder, remove }, () =>
    run(command, [
      ...prefix,
      '--no-defaults',
      '--initialize-insecure',
      `--datadir=${visible}/data`,
      ...account,
    ]),
  );
  return serve({
    what: 'MySQL',
    command,
    prefix,
    folder,
    visible,
    port,
    log,
    remove,
    flags: [...account, ...quiet, ...flags],
  });
}

/** A folder without the mark is the rest of a start that was interrupted. */
async function initialiseOnce({ folder, remove }, initialise) {
  const done = join(folder, 'initialised');
  if (existsSync(done)) return;
  try {
    removeFolder(join(folder, 'data'));
    await initialise();
    writeFileSync(done, '');
  } catch (error) {
    if (remove) removeFolder(remove);
    throw error;
  }
}

async function serve(options) {
  const { what, command, prefix, folder, visible, port, log, remove, flags } =
    options;
  const password = storedPassword(folder);
  const accounts = join(folder, 'accounts.sql');
  // Runs before the server listens, each time; nobody without the password gets in after it.
  writeFileSync(
    accounts,
    [
      `CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY '${password}';`,
      `GRANT ALL ON *.* TO '${user}'@'%' WITH GRANT OPTION;`,
      `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`,
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  const process_ = keep(
    command,
    [
      ...prefix,
      '--no-defaults',
      `--datadir=${visible}/data`,
      // Relative to the data: an absolute path could be longer than a socket's may be.
      '--socket=s.sock',
      `--pid-file=${visible}/pid`,
      `--init-file=${visible}/accounts.sql`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      ...flags,
    ],
    { cwd: '/', remove, log },
  );
  const url = `mysql://${user}:${password}@127.0.0.1:${port}/`;
  await untilReady(process_, () => connectAndLeave(url), { what });
  return { url, port, password, user, ...process_ };
}

function storedPassword(folder) {
  const file = join(folder, 'password');
  if (!existsSync(file)) {
    writeFileSync(file, newPassword(), { mode: 0o600 });
    chmodSync(file, 0o600);
  }
  return readFileSync(file, 'utf8').trim();
}

async function connectAndLeave(url) {
  const { default: mysql } = await import('mysql2/promise');
  const connection = await mysql.createConnection({
    uri: url,
    connectTimeout: 2_000,
  });
  await connection.end();
}
