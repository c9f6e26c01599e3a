import { csvLine } from './csv';

it('writes what no spreadsheet takes for a formula', () => {
  expect(csvLine(['plain', undefined, 'a "word", and\nanother'])).toBe(
    'plain,,"a ""word"", and\nanother"\r\n',
  );
  const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r=1'];
  for (const formula of formulas) {
    expect(csvLine([formula])).toBe(`"'${formula}"\r\n`);
  }
});
