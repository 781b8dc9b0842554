/**
 * A frame's layers as JSON, written as bytes: `[{"protocol":"ethernet",…},{"protocol":"arp",…}]`. docs/json.md describes
 * it for readers.
 */
import type { TextWriter } from "../text/writer.ts";
import { literal } from "../text/writer.ts";
import { type FieldSink, type Problem, Verdict } from "./sink.ts";
import { type Container, type FieldSpec, Kind, Shape } from "./spec.ts";

const COMMA = 0x2c;
const QUOTE = 0x22;
const MINUS = 0x2d;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const BACKSLASH = 0x5c;
const TRUE = literal("true");
const FALSE = literal("false");
const HEX = literal('"0x');

export class JsonSink implements FieldSink {
  private readonly out: TextWriter;
  private buf: Uint8Array = new Uint8Array(0);
  /** True between the brackets of a list, and not within one of its objects. */
  private isInList = false;
  /** True if nothing came before within the object or array in hand. */
  private isFirst = true;
  /** A problem within a list, which is told by the object that has the list. */
  private pending: Problem | null = null;

  constructor(out: TextWriter) {
    this.out = out;
  }

  /** To be called before the first layer of a frame; `[` and `]` are the caller's. */
  begin(buf: Uint8Array): void {
    this.buf = buf;
    this.isInList = false;
    this.isFirst = true;
    this.pending = null;
  }

  private comma(): void {
    if (this.isFirst) this.isFirst = false;
    else this.out.byte(COMMA);
  }

  open(node: Container, isItem: boolean): void {
    const { out } = this;
    if (isItem) {
      this.comma();
      out.byte(OPEN_OBJECT);
      this.isFirst = true;
      this.isInList = false;
    } else if (node.shape !== Shape.Group) {
      this.comma();
      out.put(node.openText);
      this.isFirst = node.shape !== Shape.Layer;
      this.isInList = node.shape === Shape.List;
    }
  }

  close(node: Container, isItem: boolean): void {
    if (isItem || node.shape === Shape.Layer) this.out.byte(CLOSE_OBJECT);
    else if (node.shape === Shape.Group) return;
    else this.out.byte(CLOSE_ARRAY);
    this.isFirst = false;
    // Lists stand in objects, and a list's objects in it.
    this.isInList = isItem;
    if (this.pending === null || isItem || node.shape !== Shape.List) return;
    const problem = this.pending;
    this.pending = null;
    this.writeProblem(problem);
  }

  number(field: FieldSpec, _off: number, _length: number, value: number, name: string): void {
    if (!field.inJson) return;
    const { out } = this;
    this.key(field);
    switch (field.kind) {
      case Kind.Hex:
        this.hex(value, field.digits);
        this.name(field, value, name);
        return;
      case Kind.Flag:
        out.put(value === 0 ? FALSE : TRUE);
        return;
      case Kind.Set:
        this.setBits(field, value);
        return;
      case Kind.Signed:
        if (value < 0) out.byte(MINUS);
        out.decimal(Math.abs(value));
        return;
      default:
        if (Number.isInteger(value)) out.decimal(value);
        else out.ascii(String(value));
        this.name(field, value, name);
    }
  }

  private key(field: FieldSpec): void {
    this.comma();
    if (field.key !== "") this.out.put(field.keyText);
  }

  private name(field: FieldSpec, value: number, name: string): void {
    if (field.nameKey === "" || (field.names === null && name === "")) return;
    this.comma();
    this.out.put(field.nameText);
    this.text(name !== "" ? name : (field.names?.(value) ?? ""));
  }

  private hex(value: number, digits: number): void {
    const { out } = this;
    out.put(HEX);
    out.hexPadded(value, digits);
    out.byte(QUOTE);
  }

  private setBits(field: FieldSpec, value: number): void {
    const { out } = this;
    out.byte(0x5b);
    let isFirst = true;
    for (let bit = 1; bit <= value; bit *= 2) {
      if ((value & bit) === 0) continue;
      const name = field.names?.(bit) ?? "";
      if (name === "") continue;
      if (!isFirst) out.byte(COMMA);
      isFirst = false;
      this.text(name);
    }
    out.byte(CLOSE_ARRAY);
  }

  place(field: FieldSpec, off: number, length: number): void {
    if (!field.inJson) return;
    const { out, buf } = this;
    this.key(field);
    if (field.kind === Kind.Text) {
      writeText(out, buf, off, textEnd(buf, off, off + length));
      return;
    }
    out.byte(QUOTE);
    if (field.kind === Kind.Mac) out.mac(buf, off);
    else if (field.kind === Kind.Ipv4) out.ipv4(buf, off);
    else if (field.kind === Kind.Ipv6) out.ipv6(buf, off);
    else for (let i = 0; i < length; i++) out.hexBytes(buf, off + i, 1);
    out.byte(QUOTE);
  }

  made(field: FieldSpec, _off: number, _length: number, text: string): void {
    if (!field.inJson) return;
    this.key(field);
    this.text(text);
  }

  checksum(field: FieldSpec, _off: number, value: number, verdict: Verdict, expected: number): void {
    const { out } = this;
    this.key(field);
    this.hex(value, field.digits);
    if (verdict !== Verdict.Right && verdict !== Verdict.Wrong) return;
    out.byte(COMMA);
    out.put(field.okText);
    out.put(verdict === Verdict.Right ? TRUE : FALSE);
    if (verdict === Verdict.Right) return;
    out.byte(COMMA);
    out.put(field.expectedText);
    this.hex(expected, field.digits);
  }

  problem(_off: number, _end: number, problem: Problem): void {
    if (this.isInList) this.pending = problem;
    else this.writeProblem(problem);
  }

  private writeProblem({ kind, text, required, available, limit }: Problem): void {
    const { out } = this;
    this.comma();
    out.ascii('"fault":');
    this.text(kind);
    out.ascii(',"faultText":');
    this.text(text);
    if (required < 0) return;
    out.ascii(`,"required":${required},"available":${available},"limit":`);
    this.text(limit);
  }

  /** A string of ours: ASCII, but domain names may hold anything that their escapes allow. */
  private text(text: string): void {
    const { out } = this;
    out.byte(QUOTE);
    if (/["\\]/.test(text)) out.ascii(text.replace(/["\\]/g, "\\$&"));
    else out.ascii(text);
    out.byte(QUOTE);
  }
}

/** The end of the characters, without the zeros that fill up. */
export function textEnd(buf: Uint8Array, off: number, end: number): number {
  while (end > off && buf[end - 1] === 0) end--;
  return end;
}

const decoder = new TextDecoder();

/** A copy, byte by byte: `decode` would read the frame's memory by itself. */
function copyOf(buf: Uint8Array, off: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - off);
  for (let i = off; i < end; i++) copy[i - off] = buf[i]!;
  return copy;
}

/** Characters as a JSON string: ASCII as it is, everything else as \uXXXX; what is no UTF-8 becomes U+FFFD. */
function writeText(out: TextWriter, buf: Uint8Array, off: number, end: number): void {
  out.byte(QUOTE);
  let at = off;
  for (; at < end && buf[at]! < 0x7f; at++) {
    const code = buf[at]!;
    if (code < 0x20) out.ascii(`\\u${code.toString(16).padStart(4, "0")}`);
    else {
      if (code === QUOTE || code === BACKSLASH) out.byte(BACKSLASH);
      out.byte(code);
    }
  }
  if (at < end) {
    const rest = decoder.decode(copyOf(buf, at, end));
    for (let i = 0; i < rest.length; i++) {
      const code = rest.charCodeAt(i);
      if (code < 0x20 || code >= 0x7f) out.ascii(`\\u${code.toString(16).padStart(4, "0")}`);
      else out.ascii(code === QUOTE || code === BACKSLASH ? `\\${rest[i]}` : rest[i]!);
    }
  }
  out.byte(QUOTE);
}
