// How fast scripts are cut into statements, and whether rightly: our splitters against
// dbgate-query-splitter on the same text. See README.md.
import { createRequire } from 'node:module';
import dbgate from 'dbgate-query-splitter';
import { median, publish } from './lib/report.mjs';
import { readArguments } from './lib/arguments.mjs';
import { definitions, inserts } from './lib/scripts.mjs';

const ask = readArguments({ megabytes: 20, rounds: 5 });
const bytes = ask.megabytes * 1_000_000;

const require = createRequire(import.meta.url);
const plugins = '../plugins/migrate-hub-backend-module';
const { Splitter } = require(`${plugins}-postgres/src/Splitter.ts`);
const { split } = require(`${plugins}-mysql/src/splitter.ts`);

const engines = {
  postgres: {
    ours: sql => count(Splitter.create(sql).steps()),
    options: dbgate.postgreSplitterOptions,
  },
  mysql: {
    ours: sql => count(split(sql, { watch: new Set() })),
    options: dbgate.mysqlSplitterOptions,
  },
};

const rows = [];
for (const [kind, { ours, options }] of Object.entries(engines)) {
  const statements = Math.floor(bytes / 500);
  const files = {
    inserts: {
      sql: inserts({ bytes, statements, table: 'big' }),
      statements,
    },
    definitions: definitions({ bytes: bytes / 4, kind }),
  };
  for (const [file, { sql, statements: expected }] of Object.entries(files)) {
    const megabytes = Buffer.byteLength(sql) / 1e6;
    const mine = measure(() => ours(sql));
    const theirs = measure(() => dbgate.splitQuery(sql, options).length);
    rows.push({
      dialect: kind,
      file,
      statements: expected,
      'ours, MB/s': megabytes / mine.seconds,
      'dbgate, MB/s': megabytes / theirs.seconds,
      ratio: theirs.seconds / mine.seconds,
      'ours is': verdict(mine.found, expected),
      'dbgate is': verdict(theirs.found, expected),
    });
  }
}
publish('splitters', rows);

function count(steps) {
  let found = 0;
  for (const step of steps) if (step && !step.fault) found += 1;
  return found;
}

function measure(work) {
  const times = [];
  let found;
  for (let round = 0; round < ask.rounds; round += 1) {
    const began = performance.now();
    found = work();
    times.push((performance.now() - began) / 1000);
  }
  return { found, seconds: median(times) };
}

function verdict(found, expected) {
  return found === expected ? 'right' : `wrong: ${found}`;
}
