/**
 * Text as bytes: a growing buffer that numbers, addresses and prepared words are written into, one after the other.
 * Printing a frame makes no string and, once the buffer has grown to its size, no garbage. All text is ASCII.
 */
import { getU16 } from "../bytes.ts";

/** The bytes of constant ASCII text, made once: `const REPLY = literal("Reply ")` at the top of a module. */
export function literal(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

const HEX = literal("0123456789abcdef");
const ZERO = 0x30;
const COLON = 0x3a;
const DOT = 0x2e;

/** The decimal digits of 0 to 255, three bytes each and their number in the fourth. */
const DECIMALS = new Uint8Array(1024);
for (let i = 0; i < 256; i++) {
  const digits = literal(String(i));
  DECIMALS.set(digits, 4 * i);
  DECIMALS[4 * i + 3] = digits.length;
}

export class TextWriter {
  private buf: Uint8Array;
  private end = 0;

  /** @param capacity bytes to begin with; the buffer doubles when it is full. */
  constructor(capacity = 1 << 16) {
    this.buf = new Uint8Array(capacity);
  }

  /** Bytes written since the last {@link clear}. */
  get length(): number {
    return this.end;
  }

  /** What was written: a view of the buffer, valid until the next write. */
  bytes(): Uint8Array {
    return this.buf.subarray(0, this.end);
  }

  /** Forgets what was written and keeps the buffer. */
  clear(): void {
    this.end = 0;
  }

  /** What was written, as text: for tests and messages. */
  toString(): string {
    let text = "";
    for (let i = 0; i < this.end; i += 8192) {
      text += String.fromCharCode(...this.buf.subarray(i, Math.min(this.end, i + 8192)));
    }
    return text;
  }

  /** Makes room for `length` more bytes. */
  private room(length: number): void {
    if (this.end + length <= this.buf.length) return;
    const grown = new Uint8Array(Math.max(2 * this.buf.length, this.end + length));
    grown.set(this.buf);
    this.buf = grown;
  }

  /** Prepared text, see {@link literal}. */
  put(text: Uint8Array): void {
    const length = text.length;
    this.room(length);
    const { buf, end } = this;
    // Words are short: a loop is faster than set(), which must look at both arrays' types first.
    for (let i = 0; i < length; i++) buf[end + i] = text[i]!;
    this.end = end + length;
  }

  /** One byte. */
  byte(code: number): void {
    this.room(1);
    this.buf[this.end++] = code;
  }

  /** Text made on the spot; other characters than ASCII become `?`. For rare and slow paths. */
  ascii(text: string): void {
    this.room(text.length);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      this.buf[this.end++] = code < 128 ? code : 0x3f;
    }
  }

  /** `count` times the same byte. */
  repeat(code: number, count: number): void {
    if (count <= 0) return;
    this.room(count);
    this.buf.fill(code, this.end, this.end + count);
    this.end += count;
  }

  /** An unsigned whole number in decimal, up to 2^53. */
  decimal(value: number): void {
    this.room(16);
    if (value < 10) {
      this.buf[this.end++] = ZERO + value;
      return;
    }
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits++;
    this.digits(value, digits);
  }

  /** A number in decimal, at least `width` digits, filled on the left with zeros or with another byte. */
  decimalPadded(value: number, width: number, fill = ZERO): void {
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits++;
    this.room(Math.max(width, 16));
    for (; digits < width; width--) this.buf[this.end++] = fill;
    this.digits(value, digits);
  }

  private digits(value: number, digits: number): void {
    const { buf } = this;
    let at = this.end + digits;
    this.end = at;
    // Beyond 31 bits `| 0` would cut: take nine digits off first.
    while (value > 0x3fffffff) {
      const rest = Math.floor(value / 10);
      buf[--at] = ZERO + (value - rest * 10);
      value = rest;
      digits--;
    }
    for (let small = value | 0; digits > 0; digits--) {
      const rest = (small / 10) | 0;
      buf[--at] = ZERO + (small - rest * 10);
      small = rest;
    }
  }

  /** 32 bits in hexadecimal, lower case, without leading zeros. */
  hex(value: number): void {
    let digits = 1;
    while (digits < 8 && value >>> (4 * digits) !== 0) digits++;
    this.hexPadded(value, digits);
  }

  /** The low 4 * `digits` bits in hexadecimal, `digits` from 1 to 8. */
  hexPadded(value: number, digits: number): void {
    this.room(8);
    for (let shift = 4 * (digits - 1); shift >= 0; shift -= 4) this.buf[this.end++] = HEX[(value >>> shift) & 15]!;
  }

  /** `length` bytes of `from` as pairs of hexadecimal digits, nothing between. */
  hexBytes(from: Uint8Array, off: number, length: number): void {
    this.room(2 * length);
    for (let i = 0; i < length; i++) {
      const byte = from[off + i]!;
      this.buf[this.end++] = HEX[byte >> 4]!;
      this.buf[this.end++] = HEX[byte & 15]!;
    }
  }

  /** Pairs of hexadecimal digits with colons between, as hardware addresses of any length are written. */
  colonHex(from: Uint8Array, off: number, length: number): void {
    this.room(3 * length);
    const { buf } = this;
    let end = this.end;
    for (let i = 0; i < length; i++) {
      if (i > 0) buf[end++] = COLON;
      const byte = from[off + i]!;
      buf[end++] = HEX[byte >> 4]!;
      buf[end++] = HEX[byte & 15]!;
    }
    this.end = end;
  }

  /** A MAC address: six bytes at `off`. */
  mac(from: Uint8Array, off: number): void {
    this.room(18);
    const { buf } = this;
    let end = this.end;
    // Most of a line with -e are MAC addresses: the colon after each byte is written before it is known to be needed.
    for (let i = off; i < off + 6; i++) {
      const byte = from[i]!;
      buf[end] = HEX[byte >> 4]!;
      buf[end + 1] = HEX[byte & 15]!;
      buf[end + 2] = COLON;
      end += 3;
    }
    this.end = end - 1;
  }

  /** An IPv4 address: four bytes at `off`, dotted decimal. */
  ipv4(from: Uint8Array, off: number): void {
    this.room(16);
    const { buf } = this;
    let end = this.end;
    for (let i = 0; i < 4; i++) {
      if (i > 0) buf[end++] = DOT;
      const at = 4 * from[off + i]!;
      // Three bytes are stored whatever the length: the next ones overwrite what is too much.
      buf[end] = DECIMALS[at]!;
      buf[end + 1] = DECIMALS[at + 1]!;
      buf[end + 2] = DECIMALS[at + 2]!;
      end += DECIMALS[at + 3]!;
    }
    this.end = end;
  }

  /** An IPv6 address: sixteen bytes at `off`, the longest run of zero words (the first of equals) as `::` (RFC 5952). */
  ipv6(from: Uint8Array, off: number): void {
    let runAt = -1;
    let runLength = 1;
    for (let i = 0; i < 8; i++) {
      let length = 0;
      while (i + length < 8 && getU16(from, off + 2 * (i + length)) === 0) length++;
      if (length > runLength) {
        runAt = i;
        runLength = length;
      }
      if (length > 0) i += length - 1;
    }
    for (let i = 0; i < 8; i++) {
      if (i === runAt) {
        this.byte(COLON);
        i += runLength - 1;
        if (i === 7) this.byte(COLON);
        continue;
      }
      if (i > 0) this.byte(COLON);
      // IPv4-mapped and IPv4-compatible addresses end in dotted decimal.
      if (i === 6 && runAt === 0 && (runLength === 6 || (runLength === 5 && getU16(from, off + 10) === 0xffff))) {
        this.ipv4(from, off + 12);
        return;
      }
      this.hex(getU16(from, off + 2 * i));
    }
  }
}
