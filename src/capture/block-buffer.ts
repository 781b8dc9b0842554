/** Memory that an encoder writes records into until they are handed to a sink together. */

const SIZE = 256 * 1024;
const utf8 = new TextEncoder();

export class BlockBuffer {
  bytes = new Uint8Array(SIZE);
  view = new DataView(this.bytes.buffer);
  /** Bytes in use. */
  length = 0;

  /** True if `count` more bytes fit without growing. */
  fits(count: number): boolean {
    return this.length + count <= this.bytes.length;
  }

  /** Room for `count` bytes, zeroed or not; returns where it begins. Grows only for a record larger than the buffer. */
  take(count: number): number {
    const at = this.length;
    if (at + count > this.bytes.length) {
      const larger = new Uint8Array(at + count);
      larger.set(this.bytes.subarray(0, at));
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    this.length = at + count;
    return at;
  }

  /** Copies `length` bytes from `source` at `off` to `at`, which must have been taken. */
  copy(source: Uint8Array, off: number, length: number, at: number): void {
    // V8 sees that the view does not escape and mostly makes none: quicker than a loop from 42 bytes on.
    this.bytes.set(source.subarray(off, off + length), at);
  }

  u16(value: number): void {
    this.view.setUint16(this.take(2), value, true);
  }

  u32(value: number): void {
    this.view.setUint32(this.take(4), value, true);
  }

  u64(value: number): void {
    this.view.setBigUint64(this.take(8), BigInt(value), true);
  }

  put(source: Uint8Array): void {
    // Not in one expression: `take` may replace `bytes`.
    const at = this.take(source.length);
    this.bytes.set(source, at);
  }

  /** UTF-8 of as much of `text` as takes `limit` bytes, cut between characters. Returns the bytes written. */
  text(text: string, limit: number): number {
    const at = this.length;
    const room = Math.min(limit, text.length * 3);
    this.take(room);
    const { written } = utf8.encodeInto(text, this.bytes.subarray(at, at + room));
    this.length = at + written;
    return written;
  }

  /** Zeros up to a multiple of 4 from `start` on. */
  pad(start: number): void {
    while (((this.length - start) & 3) !== 0) {
      const at = this.take(1);
      this.bytes[at] = 0;
    }
  }
}
