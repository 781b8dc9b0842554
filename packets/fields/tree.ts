/** A frame's fields as rows, in the order of the wire: what a tree on a terminal, or anywhere else, is drawn from. */

import type { TextWriter } from "../text/writer.ts";
import { textEnd } from "./json.ts";
import { macMeaning } from "./mac-meaning.ts";
import { type FieldSink, type Problem, Verdict } from "./sink.ts";
import { type Container, type FieldSpec, Kind, Shape } from "./spec.ts";

export interface Row {
  /** 0 for a layer. */
  readonly depth: number;
  readonly label: string;
  /** The value as text, and what it means. */
  readonly value: string;
  readonly meaning: string;
  /** The RFC and section that define it. */
  readonly source: string;
  /** Bytes counted from the frame's first; for less than whole bytes, the first bit counted from `offset` and how many. */
  readonly offset: number;
  length: number;
  readonly bitsBefore: number;
  readonly bitCount: number;
  readonly kind: "layer" | "group" | "field" | "problem";
  /** What stands out: a checksum, or a header that is cut. */
  readonly tone: "plain" | "good" | "bad";
}

export class TreeSink implements FieldSink {
  readonly rows: Row[] = [];
  private readonly scratch: TextWriter;
  private readonly open_: (Row | null)[] = [];
  private buf: Uint8Array = new Uint8Array(0);
  private start = 0;
  private depth = 0;

  /** @param scratch room to write addresses in. */
  constructor(scratch: TextWriter) {
    this.scratch = scratch;
  }

  /** To be called before the first layer of a frame. */
  begin(buf: Uint8Array, start: number): void {
    this.rows.length = 0;
    this.open_.length = 0;
    this.buf = buf;
    this.start = start;
    this.depth = 0;
  }

  open(node: Container, isItem: boolean, off: number, title: string): void {
    const isLayer = node.shape === Shape.Layer && !isItem;
    const row: Row = {
      depth: this.depth,
      label: isItem ? (title === "" ? singular(node.label) : title) : node.label,
      value: "",
      meaning: "",
      source: node.source,
      offset: off - this.start,
      length: 0,
      bitsBefore: 0,
      bitCount: 0,
      kind: isLayer ? "layer" : "group",
      tone: "plain",
    };
    this.rows.push(row);
    this.open_.push(row);
    this.depth++;
  }

  close(_node: Container, _isItem: boolean, end: number): void {
    this.depth--;
    const row = this.open_.pop();
    if (row != null) row.length = Math.max(0, end - this.start - row.offset);
    // A list without anything in it says nothing.
    if (row === this.rows[this.rows.length - 1] && row?.kind === "group" && row.length === 0) this.rows.pop();
  }

  private add(field: FieldSpec, off: number, length: number, value: string, meaning: string, tone: Row["tone"]): void {
    this.rows.push({
      depth: this.depth,
      label: field.label,
      value,
      meaning,
      source: field.source,
      offset: off - this.start,
      length,
      bitsBefore: field.bitsBefore,
      bitCount: field.bitCount,
      kind: "field",
      tone,
    });
  }

  number(field: FieldSpec, off: number, length: number, value: number, name: string): void {
    if (!field.inTree) return;
    const meaning = name === "" ? meaningText(field, value) : name;
    this.add(field, off, length, valueText(field, value), meaning, "plain");
  }

  place(field: FieldSpec, off: number, length: number): void {
    if (!field.inTree) return;
    const { scratch, buf } = this;
    scratch.clear();
    let meaning = "";
    switch (field.kind) {
      case Kind.Mac:
        scratch.mac(buf, off);
        meaning = macMeaning(buf, off);
        break;
      case Kind.Ipv4:
        scratch.ipv4(buf, off);
        break;
      case Kind.Ipv6:
        scratch.ipv6(buf, off);
        break;
      case Kind.Text:
        this.add(field, off, length, printable(buf, off, textEnd(buf, off, off + length)), "", "plain");
        return;
      default:
        this.add(
          field,
          off,
          length,
          hexText(buf, off, length),
          `${length} ${length === 1 ? "byte" : "bytes"}`,
          "plain",
        );
        return;
    }
    this.add(field, off, length, scratch.toString(), meaning, "plain");
  }

  made(field: FieldSpec, off: number, length: number, text: string): void {
    if (field.inTree) this.add(field, off, length, text, "", "plain");
  }

  checksum(field: FieldSpec, off: number, value: number, verdict: Verdict, expected: number): void {
    const tone = verdict === Verdict.Right ? "good" : verdict === Verdict.Wrong ? "bad" : "plain";
    this.add(field, off, 2, hex(value, 4), verdictText(verdict, expected), tone);
  }

  problem(off: number, end: number, problem: Problem): void {
    const { kind, text, required, available, limit } = problem;
    this.rows.push({
      depth: this.depth,
      label: `[${kind}]`,
      value: text,
      meaning: required < 0 ? "" : `${required} bytes required, ${available} available by the ${limit}`,
      source: "",
      offset: off - this.start,
      length: Math.max(0, end - off),
      bitsBefore: 0,
      bitCount: 0,
      kind: "problem",
      tone: "bad",
    });
  }
}

function singular(label: string): string {
  return label.replace(/ies$/, "y").replace(/s$/, "");
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

function valueText(field: FieldSpec, value: number): string {
  switch (field.kind) {
    case Kind.Hex:
      return hex(value, field.digits);
    case Kind.Flag:
      return value === 0 ? "0" : "1";
    case Kind.Set:
      return hex(value, Math.ceil((field.bitCount === 0 ? 8 * field.length : field.bitCount) / 4));
    default:
      return String(value);
  }
}

function meaningText(field: FieldSpec, value: number): string {
  if (field.kind === Kind.Flag) return bitPattern(field, value);
  if (field.kind === Kind.Set) return setText(field, value);
  const name = field.names?.(value) ?? "";
  if (name !== "") return name;
  if (field.unit !== "") return value === 1 ? field.unit.replace(/^(byte|hop|bit)s$/, "$1") : field.unit;
  return field.bitCount > 0 && field.bitCount < 8 && field.length <= 2 ? bitPattern(field, value) : "";
}

/** `.1.. .... .... ....`: a field's bits where they stand. */
function bitPattern(field: FieldSpec, value: number): string {
  const { length, bitsBefore, bitCount } = field;
  const digits = value.toString(2).padStart(bitCount, "0");
  let text = "";
  for (let i = 0; i < 8 * length; i++) {
    if (i > 0 && i % 4 === 0) text += " ";
    text += i < bitsBefore || i >= bitsBefore + bitCount ? "." : digits[i - bitsBefore]!;
  }
  return text;
}

function setText(field: FieldSpec, value: number): string {
  const names: string[] = [];
  for (let bit = 1; bit <= value; bit *= 2) {
    const name = (value & bit) === 0 ? "" : (field.names?.(bit) ?? "");
    if (name !== "") names.push(name);
  }
  return names.length === 0 ? "none set" : names.join(", ");
}

function verdictText(verdict: Verdict, expected: number): string {
  switch (verdict) {
    case Verdict.Right:
      return "correct";
    case Verdict.Wrong:
      return `wrong, should be ${hex(expected, 4)}`;
    case Verdict.NotReady:
      return "left to the sender's hardware, not computed yet";
    case Verdict.Absent:
      return "the sender did without";
    default:
      return "not verified";
  }
}

/** Characters that do a terminal no harm. */
function printable(buf: Uint8Array, off: number, end: number): string {
  let text = '"';
  for (let i = off; i < end; i++) {
    const code = buf[i]!;
    if (code >= 0x20 && code < 0x7f) text += String.fromCharCode(code);
    else text += `\\x${code.toString(16).padStart(2, "0")}`;
  }
  return `${text}"`;
}

/** The first bytes, as digits. */
function hexText(buf: Uint8Array, off: number, length: number): string {
  const shown = Math.min(length, 16);
  let text = "";
  for (let i = off; i < off + shown; i++) text += buf[i]!.toString(16).padStart(2, "0");
  return shown < length ? `${text}...` : text;
}
