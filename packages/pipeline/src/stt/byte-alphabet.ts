/**
 * The alphabet of byte-level BPE (GPT-2, Whisper): each byte is spelled as one printable character. Printable
 * Latin-1 bytes stand for themselves; the others take the code points from U+0100 on, in order of the byte.
 */
const CHARACTER_OF_BYTE: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : next++);
  });
})();

const BYTE_OF_CHARACTER: ReadonlyMap<string, number> = new Map(CHARACTER_OF_BYTE.map((character, byte) => [character, byte]));

/** The character that spells `byte` (0–255). */
export function characterOfByte(byte: number): string {
  return CHARACTER_OF_BYTE[byte]!;
}

/** The byte a character spells; undefined for a character outside the alphabet. */
export function byteOfCharacter(character: string): number | undefined {
  return BYTE_OF_CHARACTER.get(character);
}
