/** Domain names (RFC 1035, 3.1 and 4.1.4) as neighbor discovery's search lists have them. */
import { printCharacter } from "./characters.ts";
import type { Dissection } from "./dissection.ts";

/** Characters of a name that are printed. */
const MAX_CHARACTERS = 255;
const LABEL = 0x00;
const POINTER = 0xc0;
const EXTENDED = 0x40;
const BIT_LABEL = 1;

/**
 * The name at `at`, each label with a dot behind it.
 * @param base what pointers count from; they must point back, further each time.
 * @returns the byte after the name, or -1 if it is malformed or cut.
 */
export function printDomainName(d: Dissection, at: number, base: number): number {
  const { buf, out } = d;
  let length = labelLength(d, at);
  if (length < 0) return -1;
  let limit = at - base;
  let kind = buf[at]!;
  let i = at + 1;
  let isPointed = false;
  let after = i + length;
  if (kind === 0) {
    out.ascii(".");
    return after;
  }
  let characters = 0;
  while (kind !== 0 && i < d.end) {
    if ((kind & 0xc0) === POINTER) {
      if (!isPointed) after = i + 1;
      isPointed = true;
      if (!d.has(i, 1)) return -1;
      const offset = ((kind << 8) | buf[i]!) & 0x3fff;
      if (offset >= limit) {
        out.ascii("<BAD PTR>");
        return -1;
      }
      limit = offset;
      i = base + offset;
      if (!d.has(i, 1)) return -1;
      kind = buf[i]!;
      length = labelLength(d, i);
      if (length < 0) return -1;
      i++;
      continue;
    }
    if ((kind & 0xc0) === LABEL) {
      const shown = Math.min(length, MAX_CHARACTERS - characters);
      for (let j = 0; j < shown; j++) {
        if (!d.has(i + j, 1)) return -1;
        printCharacter(out, buf[i + j]!);
      }
      characters += length;
    } else if (!printBitLabel(d, i)) return -1;
    i += length;
    if (characters <= MAX_CHARACTERS) out.ascii(".");
    characters++;
    if (!d.has(i, 1)) return -1;
    kind = buf[i]!;
    length = labelLength(d, i);
    if (length < 0) return -1;
    i++;
    if (!isPointed) after += length + 1;
  }
  if (characters > MAX_CHARACTERS) out.ascii("<DOMAIN NAME TOO LONG>");
  return after;
}

/** Bytes of the label whose first byte is at `at`, that one not counted, or -1; tells what is wrong with it. */
function labelLength(d: Dissection, at: number): number {
  if (!d.has(at, 1)) return -1;
  const first = d.buf[at]!;
  switch (first & 0xc0) {
    case EXTENDED: {
      if ((first & 0x3f) !== BIT_LABEL) {
        d.out.ascii(`<ELT ${first & 0x3f}>`);
        return -1;
      }
      if (!d.has(at + 1, 1)) return -1;
      const bits = d.buf[at + 1]! || 256;
      return ((bits + 7) >> 3) + 1;
    }
    case LABEL:
    case POINTER:
      return first;
    default:
      d.out.ascii("<BAD LABEL TYPE>");
      return -1;
  }
}

/** A bit string (RFC 2673, historic), as hexadecimal digits. */
function printBitLabel(d: Dissection, at: number): boolean {
  const { buf, out } = d;
  if (!d.has(at, 1)) return false;
  const bits = buf[at]! || 256;
  const stop = at + 1 + ((bits + 7) >> 3);
  out.ascii("\\[x");
  let left = bits;
  let i = at + 1;
  for (; left > 7 && i < stop; left -= 8) {
    if (!d.has(i, 1)) return false;
    out.hexPadded(buf[i++]!, 2);
  }
  if (left > 4) {
    if (!d.has(i, 1)) return false;
    out.hexPadded(buf[i]! & (0xff << (8 - left)), 2);
  } else if (left > 0) {
    if (!d.has(i, 1)) return false;
    out.hexPadded((buf[i]! >> 4) & 15 & (0x0f << (4 - left)), 1);
  }
  out.ascii(`/${bits}]`);
  return true;
}
