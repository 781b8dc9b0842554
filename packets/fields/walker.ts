/**
 * Reads fields for the visitors: each call reads one, checks that it is there, and hands it to the sink. A visitor lists
 * a header's fields one after the other and need not look whether they were captured: from the first one on that is not,
 * the calls of this node do nothing, and the node says what is missing.
 */
import { getI32, getU16, getU32 } from "../bytes.ts";
import { type FieldSink, Verdict } from "./sink.ts";
import type { Container, FieldSpec } from "./spec.ts";

/** Fields of one frame that are handed on: a frame of a megabyte must not become a tree of a million lines. */
export const MAX_FIELDS = 4096;
/** Packets within packets: nobody nests so deep but to exhaust the stack. */
export const MAX_NESTING = 16;
/** Layers, lists, items and groups within each other; the visitors nest a handful for each packet. */
const MAX_OPEN = 256;

/** Where the payload of each layer goes; set by frame.ts, which knows all protocols. */
export interface Dispatch {
  /** True if there is a visitor for what IP of that version carries. */
  knows(ipVersion: number, protocol: number): boolean;
  etherType(w: Walker, type: number, at: number): void;
  /** @param isFragment the first part of a message, and only that. */
  ipProtocol(w: Walker, protocol: number, at: number, isFragment: boolean): void;
  /** @returns false if no visitor knows the ports. */
  datagram(w: Walker, sourcePort: number, destinationPort: number, at: number): boolean;
  llc(w: Walker, sap: number, at: number): void;
}

export class Walker {
  buf: Uint8Array = new Uint8Array(0);
  /** The frame's first byte. */
  start = 0;
  /** The byte after the last that the node in hand may have. */
  end = 0;
  /** What set `end`. */
  limit = "";
  /** True if the sender left the transport checksum to the hardware. */
  isChecksumOpen = false;
  /** True if all of the IP packet's payload is there, so that a checksum over it can be verified. */
  isWhole = false;
  /** The IP header that carries what is being read, for pseudo-headers, and its version. */
  ip = 0;
  ipVersion = 0;
  /** Where the final destination's address is: with an IPv6 routing header, not in the IP header. */
  ipDestination = 0;
  /** The same of the source: a mobile node's home address stands in an option. */
  ipSource = 0;
  /** Packets around the one in hand. */
  nesting = 0;
  /** Packets around it that only quote it: what they quote is cut, and nobody minds. */
  quoted = 0;
  /** Where the bytes after the network layer's packet begin; -1 if it has no length of its own. */
  trailer = -1;
  readonly dispatch: Dispatch;
  /** False if nobody wants to know whether checksums are right. */
  private readonly verifies: boolean;
  private sink: FieldSink;
  private fields = 0;
  private isQuiet = false;
  private depth = 0;
  private readonly nodes: Container[] = [];
  private readonly offsets = new Int32Array(MAX_OPEN);
  /** For each open node: 1 an item, 2 shown. */
  private readonly marks = new Uint8Array(MAX_OPEN);
  /** Whether the node around was quiet. */
  private readonly quiet = new Uint8Array(MAX_OPEN);
  private readonly ends: number[] = [];
  private readonly limits: string[] = [];

  constructor(dispatch: Dispatch, sink: FieldSink, verifies: boolean) {
    this.verifies = verifies;
    this.dispatch = dispatch;
    this.sink = sink;
  }

  begin(sink: FieldSink, buf: Uint8Array, off: number, end: number, limit: string, isChecksumOpen: boolean): void {
    this.sink = sink;
    this.buf = buf;
    this.start = off;
    this.end = end;
    this.limit = limit;
    this.isChecksumOpen = isChecksumOpen;
    this.isWhole = false;
    this.ip = 0;
    this.ipVersion = 0;
    this.nesting = 0;
    this.quoted = 0;
    this.trailer = -1;
    this.fields = 0;
    this.isQuiet = false;
    this.depth = 0;
    this.ends.length = 0;
    this.limits.length = 0;
  }

  /** True if the node in hand met its end or another problem. */
  get failed(): boolean {
    return this.isQuiet;
  }

  /** True once the frame has shown as many fields as anybody wants. */
  get isFull(): boolean {
    return this.fields > MAX_FIELDS;
  }

  /** Bytes from `at` to the end. */
  left(at: number): number {
    return this.end - at;
  }

  // Nodes. Whatever was opened must be closed.

  /** A layer, a list, a quoted packet's layers, or a group. */
  open(node: Container, at: number, title = ""): void {
    this.push(node, at, 0, title);
  }

  /** An object of the list `node`. */
  item(node: Container, at: number, title = ""): void {
    this.push(node, at, 1, title);
  }

  private push(node: Container, at: number, item: number, title: string): void {
    const { depth } = this;
    const isShown = !this.isQuiet && depth < MAX_OPEN - 1;
    if (depth < MAX_OPEN) {
      this.nodes[depth] = node;
      this.offsets[depth] = at;
      this.marks[depth] = item | (isShown ? 2 : 0);
      this.quiet[depth] = this.isQuiet ? 1 : 0;
    }
    this.depth = depth + 1;
    if (isShown) this.sink.open(node, item === 1, at, title);
    else this.isQuiet = true;
  }

  /**
   * @param end the byte after the node's last, cut to what is there.
   * @returns true if all of it could be read.
   */
  close(end: number): boolean {
    const depth = --this.depth;
    const was = !this.isQuiet;
    if (depth >= MAX_OPEN) return false;
    const mark = this.marks[depth]!;
    const node = this.nodes[depth]!;
    if ((mark & 2) !== 0) this.sink.close(node, (mark & 1) !== 0, Math.min(end, this.end));
    // Of a list or group the node around has no more to say than they; an item or a layer speaks for itself.
    const isOwn = (mark & 1) !== 0 || node.shape === 0;
    if (isOwn || (mark & 2) === 0) this.isQuiet = this.quiet[depth] === 1 || this.isFull;
    return was;
  }

  /** Bounds what follows to `end`, which `limit` set, until `widen`. */
  narrow(end: number, limit: string): void {
    this.ends.push(this.end);
    this.limits.push(this.limit);
    if (end < this.end) {
      this.end = end;
      this.limit = limit;
    }
  }

  widen(): void {
    this.end = this.ends.pop() ?? this.end;
    this.limit = this.limits.pop() ?? this.limit;
  }

  // Fields. Each returns the value, 0 if it is not there.

  /** True if `length` bytes at `at` are there; else the node says what is missing. */
  private has(field: FieldSpec, at: number, length: number): boolean {
    if (this.isQuiet) return false;
    if (at + length <= this.end) {
      if (++this.fields <= MAX_FIELDS) return true;
      this.problem(at, "limit", `the rest is left out: more than ${MAX_FIELDS} fields`, -1);
      return false;
    }
    this.missing(field.label, at, length);
    return false;
  }

  /** Requires `length` bytes at `at` for something that has no field. @returns false if they are not there. */
  need(what: string, at: number, length: number): boolean {
    if (this.isQuiet) return false;
    if (at + length <= this.end) return true;
    this.missing(what, at, length);
    return false;
  }

  private missing(what: string, at: number, length: number): void {
    const first = this.nodeOffset();
    const available = Math.max(0, this.end - first);
    const there = Math.max(0, this.end - at);
    const text = `${what} needs ${bytes(length)}, ${there === 0 ? "none" : there} left (${this.limit})`;
    this.report(Math.min(at, this.end), "truncated", text, at + length - first, available);
  }

  /** The first byte of the node in hand, or of the header that it is a part of. */
  private nodeOffset(): number {
    for (let i = Math.min(this.depth, MAX_OPEN) - 1; i >= 0; i--) {
      const isItem = (this.marks[i]! & 1) !== 0;
      if (isItem || this.nodes[i]!.shape === 0) return this.offsets[i]!;
    }
    return this.start;
  }

  /** Says what is wrong with the node in hand; the first time counts. @param required bytes, or -1. */
  problem(at: number, kind: string, text: string, required = -1): void {
    const available = required < 0 ? -1 : Math.max(0, this.end - this.nodeOffset());
    this.report(Math.min(at, this.end), kind, text, required, available);
  }

  private report(at: number, kind: string, text: string, required: number, available: number): void {
    if (this.isQuiet) return;
    this.isQuiet = true;
    this.sink.problem(at, this.end, { kind, text, required, available, limit: this.limit });
  }

  u8(field: FieldSpec, at: number): number {
    if (!this.has(field, at, 1)) return 0;
    const value = this.buf[at]!;
    this.sink.number(field, at, 1, value, "");
    return value;
  }

  /** A byte whose meaning depends on others. */
  u8Named(field: FieldSpec, at: number, name: string): void {
    if (this.has(field, at, 1)) this.sink.number(field, at, 1, this.buf[at]!, name);
  }

  u16(field: FieldSpec, at: number): number {
    if (!this.has(field, at, 2)) return 0;
    const value = getU16(this.buf, at);
    this.sink.number(field, at, 2, value, "");
    return value;
  }

  u24(field: FieldSpec, at: number): number {
    if (!this.has(field, at, 3)) return 0;
    const value = (this.buf[at]! << 16) | getU16(this.buf, at + 1);
    this.sink.number(field, at, 3, value, "");
    return value;
  }

  u32(field: FieldSpec, at: number): number {
    if (!this.has(field, at, 4)) return 0;
    const value = getU32(this.buf, at);
    this.sink.number(field, at, 4, value, "");
    return value;
  }

  i32(field: FieldSpec, at: number): number {
    if (!this.has(field, at, 4)) return 0;
    const value = getI32(this.buf, at);
    this.sink.number(field, at, 4, value, "");
    return value;
  }

  /** Whatever its declaration says it is, of 1, 2, 3 or 4 bytes. */
  uint(field: FieldSpec, at: number): number {
    switch (field.length) {
      case 1:
        return this.u8(field, at);
      case 2:
        return this.u16(field, at);
      case 3:
        return this.u24(field, at);
      default:
        return this.u32(field, at);
    }
  }

  /** Bits within bytes, as declared. @param scale what one unit of it stands for. */
  bits(field: FieldSpec, at: number, scale = 1): number {
    if (!this.has(field, at, field.length)) return 0;
    const value = this.peekBits(field, at) * scale;
    this.sink.number(field, at, field.length, value, "");
    return value;
  }

  private peekBits(field: FieldSpec, at: number): number {
    const { buf } = this;
    const { length, bitsBefore, bitCount } = field;
    let word = 0;
    for (let i = 0; i < length; i++) word = word * 256 + buf[at + i]!;
    const below = 8 * length - bitsBefore - bitCount;
    if (length === 4) return Math.floor(word / 2 ** below) % 2 ** bitCount;
    return (word >>> below) & ((1 << bitCount) - 1);
  }

  flag(field: FieldSpec, at: number): boolean {
    return this.bits(field, at) === 1;
  }

  /** A number that stands at `length` bytes from `at` in whatever form; 0 bytes if it stands nowhere. */
  value(field: FieldSpec, at: number, length: number, value: number): void {
    if (this.has(field, at, length)) this.sink.number(field, at, length, value, "");
  }

  /** An address of the declared length, or `length` bytes of text or anything. */
  place(field: FieldSpec, at: number, length = field.length): void {
    if (this.has(field, at, length)) this.sink.place(field, at, length);
  }

  made(field: FieldSpec, at: number, length: number, text: string): void {
    if (this.has(field, at, length)) this.sink.made(field, at, length, text);
  }

  checksum(field: FieldSpec, at: number, verdict: Verdict, expected = 0): void {
    if (!this.has(field, at, 2)) return;
    const isKnown = verdict === Verdict.Right || verdict === Verdict.Wrong;
    this.sink.checksum(
      field,
      at,
      getU16(this.buf, at),
      isKnown && !this.verifies ? Verdict.Unknown : verdict,
      expected,
    );
  }

  /** The bytes that follow the header of the layer in hand. */
  payload(layer: Container, at: number, end = this.end): void {
    if (layer.payload !== null)
      this.value(layer.payload, Math.min(at, end), Math.max(0, end - at), Math.max(0, end - at));
  }
}

function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}
