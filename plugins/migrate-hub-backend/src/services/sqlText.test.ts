import { normalizeSql, sqlTextOf } from './sqlText';

const checksumOf = async (sql: string) => (await sqlTextOf(sql)).checksum;

describe('SQL as it is stored', () => {
  it('has LF line ends and is otherwise as typed', async () => {
    expect(await normalizeSql("a\r\nb\rc\n  'd' \t\r\n")).toBe(
      "a\nb\rc\n  'd' \t\n",
    );
    const long = 'x'.repeat(999_999);
    expect(
      (await normalizeSql(`${long}\r\n${long}`)) === `${long}\n${long}`,
    ).toBe(true);
  });

  it('has the checksum that sha256sum prints for its UTF-8 bytes', async () => {
    expect(await checksumOf("select 'ü';\n")).toBe(
      '6b503f35a1def37a8a700967675547fb4125c1ad8c9c6598641796e8c39d78c5',
    );
    expect(await checksumOf(await normalizeSql('a\r\nb'))).toBe(
      await checksumOf('a\nb'),
    );
    expect(await checksumOf('a')).not.toBe(await checksumOf('a '));
  });
});
