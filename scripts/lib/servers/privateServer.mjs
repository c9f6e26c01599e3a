// A server of one engine on a port and in a folder of its own, with the settings of production:
// what it says is durable is durable.
import { chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logs } from '../paths.mjs';
import { freePort } from '../ports.mjs';
import { run } from '../run.mjs';
import { findMariadb, findMysql } from './apt.mjs';
import { startPersistentMariadb, startPersistentMysql } from './mysql.mjs';
import { mysqlFolder } from './mysqlFolder.mjs';
import { serverAccount, startPersistentPostgres } from './postgres.mjs';
import { removeFolder, tempFolder } from './temp.mjs';

/** Certificates of the server and of one client, who trust each other. */
async function writeCertificates(folder, account) {
  const { default: selfsigned } = await import('selfsigned');
  const generate = name =>
    selfsigned.generate([{ name: 'commonName', value: name }], {
      ...{ days: 2, keySize: 2048, algorithm: 'sha256' },
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
      ],
    });
  const server = generate('localhost');
  const client = generate('migrate-hub');
  const key = join(folder, 'server.key');
  writeFileSync(join(folder, 'server.crt'), server.cert);
  writeFileSync(join(folder, 'clients.crt'), client.cert);
  writeFileSync(key, server.private, { mode: 0o600 });
  // PostgreSQL takes only a key of its own account.
  if (account.uid !== undefined) chownSync(key, account.uid, account.gid);
  return { ca: server.cert, certificate: client.cert, key: client.private };
}

export class PrivateServer {
  #engine;
  #folder;
  #isMounted = false;
  #port;
  #chroot;
  #running;
  #certificates;
  #standby;

  /** With `megabytes` its data lies on a file system of that size, which can be filled. */
  static async create({ engine, megabytes, tls }) {
    const server = new PrivateServer();
    server.#engine = engine;
    server.#port = await freePort();
    const native = engine === 'mysql' ? await findMysql() : undefined;
    server.#chroot =
      engine === 'mysql' && !native ? await mysqlFolder() : undefined;
    server.#folder = tempFolder(
      'mh-private-',
      server.#chroot ? join(server.#chroot, 'tmp') : tmpdir(),
    );
    if (megabytes) {
      await run('mount', [
        '-t',
        'tmpfs',
        '-o',
        `size=${megabytes}m`,
        'tmpfs',
        server.#folder,
      ]);
      server.#isMounted = true;
    }
    // The account of the server passes through.
    await run('chmod', ['755', server.#folder]);
    if (tls) {
      server.#certificates = await writeCertificates(
        server.#folder,
        engine === 'postgres' ? await serverAccount() : {},
      );
    }
    return server;
  }

  async start() {
    const options = {
      folder: this.#data,
      port: this.#port,
      log: join(logs, `private-${this.#engine}.log`),
    };
    this.#running = await this.#startEngine(options);
    return { url: this.#running.url, tls: this.#certificates };
  }

  /** Sends the server a signal and waits until it is gone. */
  async end(signal) {
    process.kill(this.#pid, signal);
    await this.#running.exited;
    this.#running = undefined;
  }

  /**
   * Makes a copy of the data (PostgreSQL, ended before) into a standby on the same port: what the
   * first server did after the copy is not in it.
   */
  async startStandby() {
    const copy = join(this.#folder, 'standby');
    if (!existsSync(copy)) {
      await run('cp', ['-a', this.#data, copy]);
      return {};
    }
    this.#standby = copy;
    writeFileSync(join(copy, 'data', 'standby.signal'), '');
    await run('chown', [
      '--reference',
      join(copy, 'data', 'PG_VERSION'),
      join(copy, 'data', 'standby.signal'),
    ]);
    return this.start();
  }

  /** The standby becomes the primary, with a timeline of its own. */
  async promote() {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: this.#running.url });
    await client.connect();
    await client.query('select pg_promote(true, 30)');
    await client.end();
  }

  async remove() {
    await this.#running?.stop();
    if (this.#isMounted) await run('umount', [this.#folder]);
    removeFolder(this.#folder);
  }

  get #data() {
    return this.#standby ?? join(this.#folder, this.#engine);
  }

  get #pid() {
    const file =
      this.#engine === 'postgres'
        ? join(this.#data, 'data', 'postmaster.pid')
        : join(this.#data, 'pid');
    return Number(readFileSync(file, 'utf8').split('\n')[0]);
  }

  async #startEngine(options) {
    switch (this.#engine) {
      case 'postgres':
        return startPersistentPostgres({
          ...options,
          settings: this.#certificates && {
            ssl: 'on',
            ssl_cert_file: join(this.#folder, 'server.crt'),
            ssl_key_file: join(this.#folder, 'server.key'),
            ssl_ca_file: join(this.#folder, 'clients.crt'),
          },
        });
      case 'mariadb':
        return startPersistentMariadb({
          ...options,
          binaries: findMariadb(),
          flags: this.#tlsFlags(this.#folder),
        });
      default:
        return startPersistentMysql({
          ...options,
          server: await findMysql(),
          chroot: this.#chroot,
          flags: [
            ...['--gtid-mode=ON', '--enforce-gtid-consistency=ON'],
            // Inside the chroot the folder has another name.
            ...this.#tlsFlags(this.#folder.slice(this.#chroot?.length ?? 0)),
          ],
        });
    }
  }

  #tlsFlags(folder) {
    if (!this.#certificates) return [];
    return [
      `--ssl-ca=${folder}/clients.crt`,
      `--ssl-cert=${folder}/server.crt`,
      `--ssl-key=${folder}/server.key`,
    ];
  }
}
