// A real MySQL for Debian, which ships only MariaDB: from Debian sid, in a folder, used by chroot.
import {
  existsSync,
  renameSync,
  statfsSync,
  mkdirSync,
  writeFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { local, logs } from '../paths.mjs';
import { say } from '../progress.mjs';
import { run, which } from '../run.mjs';
import { isDebian } from './apt.mjs';

const inProject = join(local, 'mysql-sid');

/** The folder with MySQL in it, made on first use. Throws with the reason where it cannot be. */
export async function mysqlFolder() {
  if (process.getuid?.() !== 0) {
    throw new Error('MySQL from Debian sid needs root (chroot)');
  }
  if (!isDebian() || !which('debootstrap')) {
    throw new Error('MySQL from Debian sid needs debootstrap on Debian');
  }
  const folder = (await suitable(inProject))
    ? inProject
    : join(tmpdir(), 'migrate-hub-mysql-sid');
  if (existsSync(join(folder, 'usr/sbin/mysqld'))) return folder;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const mirror = await debianMirror();
  await run(
    'debootstrap',
    [
      '--variant=minbase',
      '--include=mysql-server-core',
      'sid',
      partial,
      ...(mirror ? [mirror] : []),
    ],
    { log: join(logs, 'debootstrap.log') },
  );
  renameSync(partial, folder);
  return folder;
}

/** A chroot needs device files and programs: not on a file system mounted nodev or noexec. */
async function suitable(folder) {
  mkdirSync(dirname(folder), { recursive: true });
  const probe = join(dirname(folder), `.probe-${process.pid}`);
  mkdirSync(probe);
  try {
    const device = join(probe, 'null');
    await run('mknod', [device, 'c', '1', '3']);
    writeFileSync(device, '');
    const script = join(probe, 'run');
    writeFileSync(script, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    await run(script, []);
    const { bavail, bsize } = statfsSync(probe);
    if (bavail * bsize < 1_500_000_000) throw new Error('too little space');
    return true;
  } catch (error) {
    say(
      `The project's folder cannot hold a chroot (${
        error.message.split('\n')[0]
      }); MySQL goes to ${tmpdir()}`,
    );
    return false;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

/** The mirror that this machine's own apt uses; undefined leaves the choice to debootstrap. */
async function debianMirror() {
  const { stdout } = await run(
    'apt-get',
    ['indextargets', '--format', '$(ORIGIN)|$(COMPONENT)|$(LABEL)|$(REPO_URI)'],
    { allowFailure: true },
  );
  const line = stdout
    .split('\n')
    .find(target => target.startsWith('Debian|main|Debian|'));
  return line?.split('|')[3] || undefined;
}
