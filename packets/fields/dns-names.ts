/** Domain names in messages (RFC 1035, 4.1.4): labels, and pointers to names that came before. */

/** Pointers that are followed for one name; each must lead further back, so this ends in any case. */
const MAX_POINTERS = 128;
/** Longest name in bytes (RFC 1035, 2.3.4). */
const MAX_NAME = 255;

/** The byte after the name at `at`, or -1 if it does not end before `end`. */
export function dnsNameEnd(buf: Uint8Array, at: number, end: number): number {
  for (let next = at; next < end; ) {
    const length = buf[next]!;
    if (length === 0) return next + 1;
    if (length >= 0xc0) return next + 2 <= end ? next + 2 : -1;
    if (length >= 0x40) return -1;
    next += 1 + length;
  }
  return -1;
}

/**
 * The name at `at`, without the last dot; the root is `.`. What is not printable, and what would be taken for something
 * else, is escaped as `\046` (RFC 1035, 5.1).
 * @param message the header's first byte. @returns null for a name that is cut, too long, or goes round in a circle.
 */
export function dnsName(buf: Uint8Array, message: number, at: number, end: number): string | null {
  let text = "";
  let used = 0;
  let pointers = 0;
  let next = at;
  let before = at;
  while (next < end) {
    const length = buf[next]!;
    if (length === 0) return text === "" ? "." : text;
    if (length >= 0xc0) {
      if (next + 2 > end || ++pointers > MAX_POINTERS) return null;
      const to = message + (((length & 0x3f) << 8) | buf[next + 1]!);
      if (to >= before) return null;
      before = to;
      next = to;
      continue;
    }
    used += 1 + length;
    if (length >= 0x40 || next + 1 + length > end || used > MAX_NAME) return null;
    if (text !== "") text += ".";
    for (let i = next + 1; i <= next + length; i++) text += character(buf[i]!);
    next += 1 + length;
  }
  return null;
}

function character(code: number): string {
  if (code === 0x2e || code === 0x5c) return `\\${String.fromCharCode(code)}`;
  if (code > 0x20 && code < 0x7f) return String.fromCharCode(code);
  return `\\${String(code).padStart(3, "0")}`;
}
