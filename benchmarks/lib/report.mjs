// Numbers for people, and the same for programs.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { local } from '../../scripts/lib/paths.mjs';

/** The value below which `percent` of the values lie. */
export function percentile(values, percent) {
  const sorted = [...values].sort((left, right) => left - right);
  const index = Math.ceil((percent / 100) * sorted.length) - 1;
  return sorted[Math.max(0, index)];
}

export const median = values => percentile(values, 50);

/** Rows of equal shape as a table; numbers stand to the right. */
function table(rows) {
  const columns = Object.keys(rows[0]);
  const texts = rows.map(row => columns.map(column => text(row[column])));
  const widths = columns.map((column, at) =>
    Math.max(column.length, ...texts.map(cells => cells[at].length)),
  );
  const line = (cells, pad) =>
    `  ${cells.map((cell, at) => pad(cell, at)).join('  ')}`.trimEnd();
  const isNumber = columns.map(column =>
    rows.every(row => typeof row[column] !== 'string'),
  );
  const pad = (cell, at) =>
    isNumber[at] ? cell.padStart(widths[at]) : cell.padEnd(widths[at]);
  return [line(columns, pad), ...texts.map(cells => line(cells, pad))].join(
    '\n',
  );
}

function text(value) {
  if (value === undefined) return '-';
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}

/** Prints rows and keeps them, with the machine and its load, in .local/bench. */
export function publish(name, rows, notes = {}) {
  console.log(table(rows));
  const folder = join(local, 'bench');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  const result = { name, ...machine(), ...notes, rows };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

function machine() {
  return {
    at: new Date().toISOString(),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
    }).trim(),
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    // Other work on the machine blurs times; ratios of the same run bear it better.
    load: loadavg()[0],
  };
}
