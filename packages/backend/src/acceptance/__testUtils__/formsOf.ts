/** How a secret may look where somebody put it by mistake: as it is, in hex, in base64. */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const inBase64 = [0, 1, 2].flatMap(shift => {
    // Within something longer its first bytes may stand at any of three places.
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]);
    const sure = (text: string) =>
      text.slice(
        Math.ceil((shift * 4) / 3),
        4 * Math.floor(encoded.length / 3),
      );
    return [
      sure(encoded.toString('base64')),
      sure(encoded.toString('base64url')),
    ];
  });
  return [secret, bytes.toString('hex'), ...new Set(inBase64)];
}
