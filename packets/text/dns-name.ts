/**
 * Domain names as tcpdump prints them: each label with a dot behind it. Two kinds of labels beyond those of
 * dns-name.ts are known: the bit strings of RFC 2673, which is historic, and none of the others.
 */
import type { Dissection } from "./dissection.ts";
import { printVisible } from "./visible.ts";
import { literal } from "./writer.ts";

/** What the functions give in place of an offset: the message ends here, and the line with ` [|domain]`. */
export const ENDED = -1;
/** The same, but the whole frame's printing ends (see dissection.ts). */
export const CUT = -2;

/** Longer names are not printed any further. */
const MAX_CHARACTERS = 255;
const KIND = 0xc0;
const POINTER = 0xc0;
const EXTENDED = 0x40;
/** The one extended label type: a bit string. */
const BIT_STRING = 0x01;

const BAD_KIND = literal("<BAD LABEL TYPE>");
const BAD_POINTER = literal("<BAD PTR>");
const TOO_LONG = literal("<DOMAIN NAME TOO LONG>");
const BITS = literal("\\[x");
const DOT = 0x2e;
const SLASH = 0x2f;
const CLOSE = 0x5d;

/** The byte after the name at `off`, wherever that is, or {@link ENDED}. */
export function passName(d: Dissection, off: number): number {
  const { buf, end } = d;
  if (off >= end) return ENDED;
  let at = off;
  for (let length = buf[at++]!; length !== 0; length = buf[at++]!) {
    switch (length & KIND) {
      case POINTER:
        return at + 1;
      case 0:
        at += length;
        break;
      case EXTENDED:
        if (length !== (EXTENDED | BIT_STRING) || at >= end) return ENDED;
        at += 1 + bitStringBytes(buf[at]!);
        break;
      default:
        return ENDED;
    }
    if (at >= end) return ENDED;
  }
  return at;
}

/** Bytes that a bit string takes: its number of bits is 1 to 256, the latter written as 0. */
function bitStringBytes(bits: number): number {
  return ((bits === 0 ? 256 : bits) + 7) >> 3;
}

/**
 * Prints the name at `off`.
 * @param message where pointers count from.
 * @returns the byte after the name where it stands, which may lie beyond the end; {@link ENDED} or {@link CUT}.
 */
export function printName(d: Dissection, off: number, message: number): number {
  const { buf, out } = d;
  let step = labelBytes(d, off);
  if (step < 0) return ENDED;
  let at = off;
  // A pointer must lead before the name, and one that is met there before itself: so they end.
  let limit = at - message < 0 ? 0x10000 : at - message;
  let kind = buf[at++]!;
  let isElsewhere = false;
  let next = (kind & KIND) === POINTER ? ENDED : at + step;
  if (kind === 0) {
    out.byte(DOT);
    return next;
  }
  let characters = 0;
  while (kind !== 0 && at < d.end) {
    if ((kind & KIND) === POINTER) {
      if (!isElsewhere) next = at + 1;
      isElsewhere = true;
      const target = ((kind & ~KIND) << 8) | buf[at]!;
      if (target >= limit) {
        out.put(BAD_POINTER);
        return ENDED;
      }
      limit = target;
      at = message + target;
      step = labelBytes(d, at);
      if (step < 0) return ENDED;
      kind = buf[at++]!;
      continue;
    }
    if ((kind & KIND) === EXTENDED) {
      if (!printBitString(d, at)) return CUT;
    } else {
      const shown = Math.min(step, MAX_CHARACTERS - characters);
      if (shown > 0 && !printVisible(d, at, shown)) return ENDED;
      characters += step;
    }
    at += step;
    if (characters <= MAX_CHARACTERS) out.byte(DOT);
    characters++;
    step = labelBytes(d, at);
    if (step < 0) return ENDED;
    kind = buf[at++]!;
    if (!isElsewhere) next += step + 1;
  }
  if (characters > MAX_CHARACTERS) out.put(TOO_LONG);
  return next;
}

/** Bytes from the label's first one to the next label, or ENDED if it is cut or of an unknown kind, which is said. */
function labelBytes(d: Dissection, at: number): number {
  const { buf, out } = d;
  if (!d.has(at, 1)) return ENDED;
  const kind = buf[at]!;
  switch (kind & KIND) {
    case EXTENDED:
      if (kind !== (EXTENDED | BIT_STRING)) {
        out.ascii(`<ELT ${kind & ~KIND}>`);
        return ENDED;
      }
      return d.has(at + 1, 1) ? bitStringBytes(buf[at + 1]!) + 1 : ENDED;
    case POINTER:
    case 0:
      return kind;
    default:
      out.put(BAD_KIND);
      return ENDED;
  }
}

/** `\[xabc/12]`: the bits in hexadecimal, and their number, which is the byte at `off`. */
function printBitString(d: Dissection, off: number): boolean {
  const { buf, out } = d;
  const bits = buf[off] === 0 ? 256 : buf[off]!;
  out.put(BITS);
  let at = off + 1;
  let left = bits;
  for (; left > 7; left -= 8) {
    if (!d.has(at, 1)) return false;
    out.hexPadded(buf[at++]!, 2);
  }
  if (left > 0) {
    if (!d.has(at, 1)) return false;
    const last = buf[at]! & (0xff << (8 - left));
    if (left > 4) out.hexPadded(last, 2);
    else out.hexPadded(last >> 4, 1);
  }
  out.byte(SLASH);
  out.decimal(bits);
  out.byte(CLOSE);
  return true;
}
