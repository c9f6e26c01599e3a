/** What a spreadsheet would take for a formula. */
const FORMULA = /^[\s]*[=+\-@\t\r]/;

/** A field as RFC 4180 has it; one that a spreadsheet would run is made text by an apostrophe. */
function csvField(value: string | undefined): string {
  if (value === undefined) return '';
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) || safe !== value
    ? `"${safe.replace(/"/g, '""')}"`
    : safe;
}

export const csvLine = (fields: (string | undefined)[]): string =>
  `${fields.map(csvField).join(',')}\r\n`;
