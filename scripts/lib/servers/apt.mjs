// Finding programs and, on Debian and its relatives as root, installing them.
import { existsSync, readFileSync } from 'node:fs';
import { run, which } from '../run.mjs';
import { join } from 'node:path';
import { logs } from '../paths.mjs';

/** Programs that tests want, and the Debian packages they come from. */
const wanted = {
  mariadb: {
    present: () => Boolean(findMariadb()),
    // Without mariadb-server itself: that one would start a server of its own.
    packages: ['mariadb-server-core', 'mariadb-client-core'],
  },
  debootstrap: {
    present: () => Boolean(which('debootstrap')),
    packages: ['debootstrap'],
  },
  pgbouncer: {
    present: () => existsSync('/usr/sbin/pgbouncer'),
    packages: ['pgbouncer'],
  },
  faketime: {
    present: () => Boolean(which('faketime')),
    packages: ['faketime'],
  },
  chromium: {
    present: () => Boolean(findChromium()),
    packages: ['chromium'],
  },
};

export function canInstall() {
  return process.getuid?.() === 0 && Boolean(which('apt-get'));
}

/** Installs what is missing of `names` in one go. Says what could not be installed, and why. */
export async function installMissing(names) {
  const missing = names.filter(name => !wanted[name].present());
  if (missing.length === 0 || !canInstall()) return;
  const log = join(logs, 'apt.log');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // One dead third-party source must not keep us from the others.
  await run('apt-get', ['update'], { env, log, allowFailure: true });
  const packages = missing.flatMap(name => wanted[name].packages);
  const install = some =>
    run('apt-get', ['install', '-y', '--no-install-recommends', ...some], {
      env,
      log,
      allowFailure: true,
    });
  const all = await install(packages);
  if (all.code === 0) return;
  // One that is not to be had must not keep the others away.
  for (const name of missing) await install(wanted[name].packages);
}

export function findMariadb() {
  const server =
    process.env.MIGRATE_HUB_MARIADBD ||
    which('mariadbd') ||
    ['mysqld'].map(name => which(name)).find(path => path && isMariadb(path));
  const install = which('mariadb-install-db', 'mysql_install_db');
  if (!server || !install || !which('my_print_defaults')) return undefined;
  return { server, install };
}

function isMariadb(path) {
  return existsSync(path.replace(/mysqld$/, 'mariadbd'));
}

/** A real MySQL that is installed on the machine itself. */
export async function findMysql() {
  const server = process.env.MIGRATE_HUB_MYSQLD || which('mysqld');
  if (!server) return undefined;
  const { code, stdout } = await run(server, ['--no-defaults', '--version'], {
    allowFailure: true,
  });
  return code === 0 && !/mariadb/i.test(stdout) ? server : undefined;
}

export function findChromium() {
  return (
    process.env.MIGRATE_HUB_CHROMIUM ||
    which(
      'chromium',
      'chromium-browser',
      'google-chrome-stable',
      'google-chrome',
      'chrome',
    )
  );
}

export function isDebian() {
  try {
    return /^ID(_LIKE)?=.*debian/m.test(
      readFileSync('/etc/os-release', 'utf8'),
    );
  } catch {
    return false;
  }
}
