// The packages as they would be published.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modules, root } from '../paths.mjs';
import { run } from '../run.mjs';
import { removeFolder } from '../servers/temp.mjs';

const plugins = join(root, 'plugins');
const types = join(root, 'dist-types');
const releases = join(root, '.yarn', 'releases');

/** The yarn of this repository. */
export const yarnRelease = join(
  releases,
  readdirSync(releases).find(name => name.startsWith('yarn-')),
);

/** Builds and packs every plugin into `folder`; says what is in each archive. */
export async function packPackages({ folder, log }) {
  const cli = join(modules, '@backstage', 'cli', 'bin', 'backstage-cli');
  const node = (args, cwd = root) => run(process.execPath, args, { cwd, log });
  removeFolder(types);
  await node([
    join(modules, 'typescript', 'bin', 'tsc'),
    ...['--outDir', types, '--incremental', 'false'],
  ]);
  const packed = [];
  for (const name of readdirSync(plugins)) {
    const place = join(plugins, name);
    const archive = join(folder, `${name}.tgz`);
    await node([cli, 'package', 'build'], place);
    try {
      // Calls prepack, which writes what publishConfig says into package.json, and postpack.
      await node([yarnRelease, 'pack', '--out', archive], place);
    } finally {
      if (existsSync(join(place, 'package.json-prepack'))) {
        await node([cli, 'package', 'postpack'], place);
      }
    }
    packed.push({ archive, ...(await inspect(archive, place)) });
  }
  removeFolder(types);
  return packed;
}

/** What must be in an archive is in it. */
async function inspect(archive, place) {
  const { stdout } = await run('tar', ['-tzf', archive]);
  const files = stdout.trim().split('\n');
  const { stdout: text } = await run('tar', [
    ...['-xzOf', archive],
    'package/package.json',
  ]);
  const manifest = JSON.parse(text);
  const migrations = join(place, 'migrations');
  const entries = Object.values(manifest.exports ?? {}).flatMap(entry =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  );
  const wanted = [
    ...[manifest.main, manifest.types, 'README.md'],
    ...entries.filter(entry => /^\.\/.*\.[a-z]+$/.test(entry)),
    ...(manifest.configSchema ? [manifest.configSchema] : []),
    ...(existsSync(migrations)
      ? readdirSync(migrations).map(file => `migrations/${file}`)
      : []),
  ];
  for (const path of wanted) {
    if (!files.includes(`package/${path.replace(/^\.\//, '')}`)) {
      throw new Error(`${path} is missing in the archive of ${manifest.name}`);
    }
  }
  if (text.includes('workspace:')) {
    throw new Error(`${manifest.name} depends on a workspace`);
  }
  const source = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
  if (source.configSchema && !manifest.configSchema) {
    throw new Error(`${manifest.name} has lost its config schema`);
  }
  return { name: manifest.name, files: files.length };
}
