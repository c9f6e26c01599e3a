// Numbers for people.

/** The value below which `percent` of the values lie. */
export function percentile(values, percent) {
  const sorted = [...values].sort((left, right) => left - right);
  const index = Math.ceil((percent / 100) * sorted.length) - 1;
  return sorted[Math.max(0, index)];
}

/** Names and numbers, one a line. */
export function table(numbers) {
  const width = Math.max(...Object.keys(numbers).map(name => name.length));
  return Object.entries(numbers)
    .map(([name, value]) => `  ${name.padEnd(width)}  ${value.toFixed(1)}`)
    .join('\n');
}
