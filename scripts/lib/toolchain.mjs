// The right Node, and the project's dependencies. Uses nothing but what Node itself brings,
// because it runs before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { logs, modules, root, toolchain } from './paths.mjs';
import { Hint, step } from './progress.mjs';
import { run } from './run.mjs';

const supported = [22, 24];
const fetched = 24;

/**
 * Goes on under a supported Node: returns when this one is, else fetches one into `.toolchain`,
 * runs the same script under it and ends with its exit code.
 */
export async function underSupportedNode() {
  if (isSupported(process.versions.node)) {
    putNodeFirst(process.execPath);
    return;
  }
  const node = await supportedNode();
  // The channel tells the child when we are gone, however we went.
  const child = spawn(node, process.argv.slice(1), {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  // The terminal sends Ctrl-C to both; the child decides when it has stopped.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  whenNpmIsGone(() => process.exit(1));
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (status, signal) => resolve(signal ? 1 : status));
  });
  process.exit(code);
}

/** npm that is killed does not take its script along: notice that its process is gone. */
export function whenNpmIsGone(callback) {
  if (!process.env.npm_lifecycle_event) return;
  const npmProcess = process.ppid;
  setInterval(() => {
    if (process.ppid !== npmProcess) callback();
  }, 1_000).unref();
}

function isSupported(version) {
  return supported.includes(Number(version.split('.')[0]));
}

/** Programs that we start (`backstage-cli`, `jest`) find the same Node, and no other. */
function putNodeFirst(node) {
  process.env.PATH = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`;
}

async function supportedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const node = join(
    toolchain,
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (existsSync(node)) return node;
  await step(
    `Node ${process.versions.node} is not supported; fetching Node ${fetched}`,
    async () => {
      mkdirSync(toolchain, { recursive: true });
      // A package.json of its own, or npm would look at the project's.
      writeFileSync(join(toolchain, 'package.json'), '{ "private": true }\n');
      await run(
        npm(),
        [
          'install',
          '--prefix',
          toolchain,
          '--no-audit',
          '--no-fund',
          '--no-package-lock',
          `${name}@${fetched}`,
        ],
        { cwd: toolchain },
      );
    },
  );
  return node;
}

function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}

/** Installs the locked dependencies with the vendored yarn, when they changed since the last time. */
export async function installDependencies() {
  const stamp = join(modules, '.migrate-hub-installed');
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await step('Installing dependencies (some minutes the first time)', install);
  writeFileSync(stamp, wanted);
}

async function install() {
  const { code, stdout } = await run(
    process.execPath,
    [yarn(), 'install', '--immutable'],
    {
      allowFailure: true,
      log: join(logs, 'install.log'),
      env: { ...asNpmIsSet(process.env), CI: 'true' },
    },
  );
  if (code === 0) return;
  if (stdout.includes('YN0028')) {
    throw new Hint(
      `A package.json does not agree with yarn.lock. Bring yarn.lock up to date: ${
        process.execPath
      } ${yarn()} install`,
    );
  }
  // The same for each of a thousand packages, with a stack each time, if it is the line.
  const told = stdout.split('\n').filter(line => !/^\s+at /.test(line));
  const end = [...new Set(told)].slice(-20).join('\n').trim();
  throw new Hint(`The dependencies could not be installed:\n${end}`);
}

/**
 * Yarn reads nothing of npm's settings, and a company's mirror, proxy or certificates stand there:
 * npm hands them to its scripts as `npm_config_*`. What is set for yarn itself goes first.
 */
function asNpmIsSet(env) {
  const settings = {
    npm_config_registry: 'YARN_NPM_REGISTRY_SERVER',
    npm_config_cafile: 'YARN_HTTPS_CA_FILE_PATH',
    npm_config_proxy: 'YARN_HTTP_PROXY',
    npm_config_https_proxy: 'YARN_HTTPS_PROXY',
  };
  const given = Object.entries(settings)
    .filter(([npmName]) => env[npmName])
    .map(([npmName, yarnName]) => [yarnName, env[npmName]]);
  return { ...Object.fromEntries(given), ...env };
}

function yarn() {
  const folder = join(root, '.yarn', 'releases');
  const name = readdirSync(folder).find(file => file.startsWith('yarn-'));
  return join(folder, name);
}

function fingerprint() {
  const hash = createHash('sha256').update(process.versions.modules);
  for (const file of ['yarn.lock', 'package.json', ...packageFiles()]) {
    hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function packageFiles() {
  return ['packages', 'plugins'].flatMap(folder =>
    readdirSync(join(root, folder))
      .sort()
      .map(name => join(folder, name, 'package.json'))
      .filter(file => existsSync(join(root, file))),
  );
}
