// `--targets 10,100 --all`: what a benchmark is told on the command line.
import { parseArgs } from 'node:util';

/** @param defaults - option by name; a list of numbers or names, or false for a flag */
export function readArguments(defaults) {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      name,
      { type: value === false ? 'boolean' : 'string' },
    ]),
  );
  const { values } = parseArgs({ args: process.argv.slice(2), options });
  return Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      name,
      values[name] === undefined ? value : read(values[name], value),
    ]),
  );
}

function read(given, value) {
  if (given === true) return true;
  const words = given.split(',');
  const list = Array.isArray(value) ? value : [value];
  const parsed = typeof list[0] === 'number' ? words.map(Number) : words;
  return Array.isArray(value) ? parsed : parsed[0];
}
