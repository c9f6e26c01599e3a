import { checksumOf, normalizeSql } from './sql';

describe('SQL as it is stored', () => {
  it('has LF line ends and is otherwise as typed', () => {
    expect(normalizeSql("a\r\nb\rc\n  'd' \t\r\n")).toBe("a\nb\rc\n  'd' \t\n");
  });

  it('has the checksum that sha256sum prints for its UTF-8 bytes', () => {
    expect(checksumOf("select 'ü';\n")).toBe(
      '6b503f35a1def37a8a700967675547fb4125c1ad8c9c6598641796e8c39d78c5',
    );
    expect(checksumOf(normalizeSql('a\r\nb'))).toBe(checksumOf('a\nb'));
    expect(checksumOf('a')).not.toBe(checksumOf('a '));
  });
});
