/** Text of others (arguments, file names, what the kernel or a library said) within our messages. */

/** Longest run without a space that is shown whole, in UTF-16 units. */
const LONGEST_WORD = 200;
const LONG_WORD = new RegExp(`\\S{${LONGEST_WORD + 1},}`, "gu");

/**
 * The text on one line of printable characters: a control character would move the cursor, change colours or begin a line
 * of its own, so it appears as its escape. Words of absurd length are cut.
 */
export function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, escaped)
    .replace(LONG_WORD, (word) => `${word.slice(0, LONGEST_WORD)}…`);
}

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return SHORT[character] ?? (code < 0x100 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`);
}
