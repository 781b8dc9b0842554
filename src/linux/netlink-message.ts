/**
 * Messages of rtnetlink(7), written one after the other into one buffer: header (struct nlmsghdr), the family's own
 * structure, attributes (struct rtattr), which may hold attributes. Fields are in the machine's byte order (Linux runs Node
 * on little-endian machines only), each attribute begins at a multiple of four bytes.
 */

const HEADER = 16;
const ATTRIBUTE = 4;
const NLM_F_REQUEST_ACK = 0x1 | 0x4;
const encoder = new TextEncoder();

/** Writes messages, each asking for its acknowledgement. */
export class MessageWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #start = 0;
  #end = 0;

  /** @param capacity in bytes: the caller sends and clears before a message could go beyond it. */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** What has been written. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  /** How many bytes there is room for. */
  get room(): number {
    return this.#bytes.length - this.#end;
  }

  clear(): void {
    this.#end = 0;
  }

  /** Begins a message. @param type as RTM_NEWLINK. @param flags beside those of every request. */
  begin(type: number, flags: number): void {
    this.#start = this.#end;
    this.#grow(HEADER);
    this.#view.setUint16(this.#start + 4, type, true);
    this.#view.setUint16(this.#start + 6, NLM_F_REQUEST_ACK | flags, true);
  }

  /** Ends it. */
  finish(): void {
    this.#view.setUint32(this.#start, this.#end - this.#start, true);
  }

  /** struct ifinfomsg: of a link. @param index 0 for one that is to be made. @param flags to be set, of those to be changed. */
  link(index: number, flags: number): void {
    const at = this.#grow(16);
    this.#view.setInt32(at + 4, index, true);
    this.#view.setUint32(at + 8, flags, true);
    this.#view.setUint32(at + 12, flags, true);
  }

  /** struct ifaddrmsg: of an address. @param length of its prefix. @param index of its interface. Scope: universe. */
  address(family: number, length: number, index: number): void {
    const at = this.#grow(8);
    this.#view.setUint8(at, family);
    this.#view.setUint8(at + 1, length);
    this.#view.setInt32(at + 4, index, true);
  }

  /** An attribute of 32 bits. @param littleEndian false for what goes out in the network's byte order. */
  word(type: number, value: number, littleEndian = true): void {
    this.#view.setInt32(this.#attribute(type, 4), value, littleEndian);
  }

  /** An attribute that is text, with a zero behind it. */
  text(type: number, value: string): void {
    const bytes = encoder.encode(value);
    this.#bytes.set(bytes, this.#attribute(type, bytes.length + 1));
  }

  /** An attribute that holds what `inside` writes. */
  nest(type: number, inside: () => void): void {
    const at = this.#attribute(type, 0) - ATTRIBUTE;
    inside();
    this.#view.setUint16(at, this.#end - at, true);
  }

  /** @returns where its value goes. */
  #attribute(type: number, length: number): number {
    const at = this.#grow((ATTRIBUTE + length + 3) & ~3);
    this.#view.setUint16(at, ATTRIBUTE + length, true);
    this.#view.setUint16(at + 2, type, true);
    return at + ATTRIBUTE;
  }

  /** @returns where the new bytes begin, all zero. */
  #grow(length: number): number {
    const at = this.#end;
    if (length > this.room) throw new RangeError("no room for the message");
    this.#bytes.fill(0, at, at + length);
    this.#end += length;
    return at;
  }
}
