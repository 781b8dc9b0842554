/**
 * Copies frames between two memories four bytes at a time without allocating anything: `Uint8Array.set` needs a view of
 * the source for each call, and a byte at a time takes three times as long on a full frame.
 */
export class FrameCopier {
  #from: Uint8Array | null = null;
  #fromView: DataView = new DataView(new ArrayBuffer(0));
  #to: Uint8Array | null = null;
  #toView: DataView = new DataView(new ArrayBuffer(0));

  /** Views are made when a memory is not the one of the call before. The ranges must not overlap. */
  copy(from: Uint8Array, fromOff: number, to: Uint8Array, toOff: number, length: number): void {
    if (from !== this.#from) {
      this.#from = from;
      this.#fromView = viewOf(from);
    }
    if (to !== this.#to) {
      this.#to = to;
      this.#toView = viewOf(to);
    }
    const source = this.#fromView;
    const target = this.#toView;
    const whole = length & ~3;
    let i = 0;
    for (; i < whole; i += 4) target.setInt32(toOff + i, source.getInt32(fromOff + i, true), true);
    for (; i < length; i++) to[toOff + i] = from[fromOff + i]!;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
