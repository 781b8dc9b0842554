/**
 * Text as bytes: a growing buffer that numbers, addresses and prepared words are written into, one after the other.
 * Printing a frame makes no string and, once the buffer has grown to its size, no garbage. All text is ASCII.
 */
import { getU16 } from "../bytes.ts";

/**
 * Constant text, kept as words of four bytes, so that writing it takes a quarter of the stores. The bytes beyond its
 * length are zero.
 */
export class Literal {
  /** Bytes of the text. */
  readonly length: number;
  /** The text, little endian. */
  readonly words: Int32Array;

  /** @param text ASCII. */
  constructor(text: string) {
    this.length = text.length;
    this.words = new Int32Array((text.length + 3) >> 2);
    for (let i = 0; i < text.length; i++) this.words[i >> 2]! |= text.charCodeAt(i) << (8 * (i & 3));
  }

  toString(): string {
    return String.fromCharCode(
      ...Array.from({ length: this.length }, (_, i) => (this.words[i >> 2]! >> (8 * (i & 3))) & 0xff),
    );
  }
}

/** Constant ASCII text, prepared once: `const REPLY = literal("Reply ")` at the top of a module. */
export function literal(text: string): Literal {
  return new Literal(text);
}

const HEX_CODES = Uint8Array.from({ length: 16 }, (_, i) => i.toString(16).charCodeAt(0));
const ZERO = 0x30;
const COLON = 0x3a;
const DOT = 0x2e;

/**
 * Bytes of room behind the end that is always there: words are stored whole, and the next text overwrites what was too
 * much. A number, a MAC or an IPv4 address fits as well.
 */
const SLACK = 32;

/** The decimal digits of 0 to 999 as a word, and their number; the same as three digits, and of a byte with a dot. */
const DECIMAL = new Int32Array(1000);
const DIGITS = new Uint8Array(1000);
const THREE_DIGITS = new Int32Array(1000);
const DOTTED = new Int32Array(256);
for (let i = 0; i < 1000; i++) {
  const word = (ZERO + ((i / 100) | 0)) | ((ZERO + (((i / 10) | 0) % 10)) << 8) | ((ZERO + (i % 10)) << 16);
  const digits = i < 10 ? 1 : i < 100 ? 2 : 3;
  THREE_DIGITS[i] = word;
  DIGITS[i] = digits;
  DECIMAL[i] = word >> (8 * (3 - digits));
  if (i < 256) DOTTED[i] = DECIMAL[i]! | (DOT << (8 * digits));
}
/** The two hexadecimal digits of a byte with a colon behind them. */
const HEX_COLON = new Int32Array(256);
for (let i = 0; i < 256; i++) HEX_COLON[i] = HEX_CODES[i >> 4]! | (HEX_CODES[i & 15]! << 8) | (COLON << 16);

/** The words of the IPv6 address in hand. */
const WORDS = new Uint16Array(8);

export class TextWriter {
  private buf: Uint8Array;
  private view: DataView;
  private end = 0;
  /** The end must not lie beyond: {@link SLACK} bytes follow. */
  private limit: number;

  /** @param capacity bytes to begin with; the buffer doubles when it is full. */
  constructor(capacity = 1 << 16) {
    this.buf = new Uint8Array(capacity + SLACK);
    this.view = new DataView(this.buf.buffer);
    this.limit = capacity;
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
    if (this.end + length > this.limit) this.grow(length);
  }

  private grow(length: number): void {
    this.limit = Math.max(2 * this.limit, this.end + length);
    const grown = new Uint8Array(this.limit + SLACK);
    grown.set(this.buf.subarray(0, this.end));
    this.buf = grown;
    this.view = new DataView(grown.buffer);
  }

  /** Prepared text, see {@link literal}. */
  put(text: Literal): void {
    const { length, words } = text;
    this.room(length);
    const { view, end } = this;
    for (let i = 0; i < words.length; i++) view.setInt32(end + 4 * i, words[i]!, true);
    this.end = end + length;
  }

  /** Bytes as they are, such as UTF-8. */
  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.buf.set(bytes, this.end);
    this.end += bytes.length;
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
    const { view } = this;
    if (value < 1000) {
      view.setInt32(this.end, DECIMAL[value]!, true);
      this.end += DIGITS[value]!;
      return;
    }
    if (value < 1e6) {
      const thousands = (value / 1000) | 0;
      view.setInt32(this.end, DECIMAL[thousands]!, true);
      view.setInt32(this.end + DIGITS[thousands]!, THREE_DIGITS[value - 1000 * thousands]!, true);
      this.end += DIGITS[thousands]! + 3;
      return;
    }
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits++;
    this.digits(value, digits);
  }

  /** Exactly six digits of a number below a million: the fraction of a second on most lines. */
  sixDigits(value: number): void {
    this.room(6);
    const thousands = (value / 1000) | 0;
    this.view.setInt32(this.end, THREE_DIGITS[thousands]!, true);
    this.view.setInt32(this.end + 3, THREE_DIGITS[value - 1000 * thousands]!, true);
    this.end += 6;
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
    for (let shift = 4 * (digits - 1); shift >= 0; shift -= 4)
      this.buf[this.end++] = HEX_CODES[(value >>> shift) & 15]!;
  }

  /** `length` bytes of `from` as pairs of hexadecimal digits, nothing between. */
  hexBytes(from: Uint8Array, off: number, length: number): void {
    this.room(2 * length);
    for (let i = 0; i < length; i++) {
      const byte = from[off + i]!;
      this.buf[this.end++] = HEX_CODES[byte >> 4]!;
      this.buf[this.end++] = HEX_CODES[byte & 15]!;
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
      buf[end++] = HEX_CODES[byte >> 4]!;
      buf[end++] = HEX_CODES[byte & 15]!;
    }
    this.end = end;
  }

  /** A MAC address: six bytes at `off`. */
  mac(from: Uint8Array, off: number): void {
    this.room(18);
    const { view, end } = this;
    for (let i = 0; i < 6; i++) view.setInt32(end + 3 * i, HEX_COLON[from[off + i]!]!, true);
    this.end = end + 17;
  }

  /** An IPv4 address: four bytes at `off`, dotted decimal. */
  ipv4(from: Uint8Array, off: number): void {
    this.room(16);
    const { view } = this;
    let end = this.end;
    for (let i = 0; i < 4; i++) {
      const byte = from[off + i]!;
      view.setInt32(end, DOTTED[byte]!, true);
      end += DIGITS[byte]! + 1;
    }
    this.end = end - 1;
  }

  /** An IPv6 address: sixteen bytes at `off`, the longest run of zero words (the first of equals) as `::` (RFC 5952). */
  ipv6(from: Uint8Array, off: number): void {
    this.room(48);
    let runAt = -1;
    let runLength = 1;
    for (let i = 0, zeros = 0; i < 8; i++) {
      const word = getU16(from, off + 2 * i);
      WORDS[i] = word;
      zeros = word === 0 ? zeros + 1 : 0;
      if (zeros > runLength) {
        runLength = zeros;
        runAt = i - zeros + 1;
      }
    }
    const { buf } = this;
    let end = this.end;
    for (let i = 0; i < 8; i++) {
      if (i === runAt) {
        buf[end++] = COLON;
        i += runLength - 1;
        if (i === 7) buf[end++] = COLON;
        continue;
      }
      if (i > 0) buf[end++] = COLON;
      const word = WORDS[i]!;
      // IPv4-mapped and IPv4-compatible addresses end in dotted decimal.
      if (i === 6 && runAt === 0 && (runLength === 6 || (runLength === 5 && WORDS[5] === 0xffff))) {
        this.end = end;
        this.ipv4(from, off + 12);
        return;
      }
      if (word > 0xfff) buf[end++] = HEX_CODES[word >> 12]!;
      if (word > 0xff) buf[end++] = HEX_CODES[(word >> 8) & 15]!;
      if (word > 0xf) buf[end++] = HEX_CODES[(word >> 4) & 15]!;
      buf[end++] = HEX_CODES[word & 15]!;
    }
    this.end = end;
  }
}
