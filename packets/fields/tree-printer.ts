/**
 * Draws a frame's fields on a terminal: a line for each with its bytes, value, meaning and the RFC that defines it, and
 * the frame's bytes below, where each field has the same colour as above. Without colour, the column of byte ranges says
 * which bytes are whose: rows of sixteen, numbered in decimal as the ranges are.
 */
import type { TextWriter } from "../text/writer.ts";
import { TextWriter as Writer } from "../text/writer.ts";
import { FieldReader } from "./frame.ts";
import { type Row, TreeSink } from "./tree.ts";

export interface TreeOptions {
  /** Escape sequences for colour; default false. */
  readonly colour?: boolean;
  /** False to leave open whether checksums are right; default true. */
  readonly checksums?: boolean;
  /** Columns of the terminal, 60 or more; default 100. */
  readonly width?: number;
}

/**
 * Backgrounds for black letters, of 256 colours: light enough to read, dark enough to stand out from white, so that it
 * does not matter whether the terminal is dark or light. Neighbours differ much.
 */
const CHIPS = [117, 222, 157, 218, 147, 187, 159, 216] as const;
const RESET = "\x1b[0m";
const BOLD = "\x1b[1m";
const DIM = "\x1b[2m";
const GOOD = "\x1b[1;38;5;35m";
const BAD = "\x1b[1;38;5;160m";

const PER_LINE = 16;
const MIN_WIDTH = 60;
const GAP = "  ";
const RANGE_HEAD = "bytes";

interface Widths {
  readonly range: number;
  readonly label: number;
  readonly value: number;
  readonly source: number;
}

export class TreePrinter {
  private readonly out: TextWriter;
  private readonly reader: FieldReader;
  private readonly sink = new TreeSink(new Writer(256));
  private readonly colour: boolean;
  private readonly width: number;

  constructor(out: TextWriter, options: TreeOptions = {}) {
    this.out = out;
    this.reader = new FieldReader(options.checksums);
    this.colour = options.colour ?? false;
    this.width = Math.max(MIN_WIDTH, options.width ?? 100);
  }

  /** Adds the tree and the bytes of a frame; its line is the caller's. Parameters as with `FieldReader.read`. */
  print(buf: Uint8Array, off: number, captured: number, length: number, isChecksumOpen: boolean): void {
    this.sink.begin(buf, off);
    const padding = this.reader.read(this.sink, buf, off, captured, length, isChecksumOpen);
    const { rows } = this.sink;
    if (padding > 0) rows.push(paddingRow(captured - padding, padding));
    const colours = this.colour ? paint(rows, captured) : null;
    const widths = this.measure(rows);
    for (const row of rows) this.row(row, widths, colours);
    this.bytes(buf, off, captured, colours);
  }

  private measure(rows: readonly Row[]): Widths {
    let range = RANGE_HEAD.length;
    let label = 0;
    let source = 0;
    for (const row of rows) {
      range = Math.max(range, rangeText(row).length);
      label = Math.max(label, 2 * row.depth + row.label.length);
      source = Math.max(source, row.source.length);
    }
    const room = this.width - range - 3 * GAP.length - source;
    label = Math.min(label, Math.max(20, Math.floor(room * 0.52)));
    return { range, label, value: Math.max(16, room - label), source };
  }

  private row(row: Row, widths: Widths, colours: Uint8Array | null): void {
    const indent = "  ".repeat(row.depth);
    const isHead = row.kind === "layer" || row.kind === "group";
    const isProblem = row.kind === "problem";
    const labels = wrap(row.label, widths.label - indent.length);
    const valueWidth = isProblem ? widths.value + GAP.length + widths.source : widths.value;
    const values = valueLines(row, valueWidth);
    const lines = Math.max(labels.length, values.length, 1);
    for (let i = 0; i < lines; i++) {
      const range = i === 0 ? rangeText(row) : "";
      const label = (indent + (labels[i] ?? "")).padEnd(widths.label);
      const { value = "", meaning = "" } = values[i] ?? {};
      const source = i === 0 ? row.source : "";
      const used = value.length + (value !== "" && meaning !== "" ? 1 : 0) + meaning.length;
      const fill = " ".repeat(Math.max(0, valueWidth - used));
      if (colours === null) {
        const text = value + (value !== "" && meaning !== "" ? " " : "") + meaning;
        this.line(`${range.padStart(widths.range)}${GAP}${label}${GAP}${text}${fill}${GAP}${source}`);
        continue;
      }
      const chip = row.kind === "field" && row.length > 0 ? colours[row.offset]! : 0;
      const tone = row.tone === "good" ? GOOD : row.tone === "bad" ? BAD : "";
      const left = " ".repeat(widths.range - range.length) + painted(chip, range);
      const name = isHead ? BOLD + label + RESET : isProblem ? BAD + label + RESET : label;
      const what = isProblem ? BAD + value + RESET : painted(chip, value);
      const why = tone === "" || meaning === "" ? meaning : tone + meaning + RESET;
      const where = source === "" ? "" : DIM + source + RESET;
      this.line(
        `${left}${GAP}${name}${GAP}${what}${value !== "" && meaning !== "" ? " " : ""}${why}${fill}${GAP}${where}`,
      );
    }
  }

  private line(text: string): void {
    this.out.ascii(text.trimEnd());
    this.out.byte(0x0a);
  }

  private bytes(buf: Uint8Array, off: number, captured: number, colours: Uint8Array | null): void {
    let head = " ".repeat(7);
    for (let i = 0; i < PER_LINE; i++) head += `${i === 8 ? " " : ""}${String(i).padStart(2)} `;
    this.line(colours === null ? head : DIM + head.trimEnd() + RESET);
    for (let at = 0; at < captured; at += PER_LINE)
      this.bytesLine(buf, off, at, Math.min(captured, at + PER_LINE), colours);
  }

  private bytesLine(buf: Uint8Array, off: number, at: number, stop: number, colours: Uint8Array | null): void {
    const number = String(at).padStart(5);
    let text = colours === null ? `${number}  ` : `${DIM}${number}${RESET}  `;
    let ascii = "";
    let columns = 0;
    for (let i = at; i < stop; i++) {
      const byte = buf[off + i]!;
      const digits = byte.toString(16).padStart(2, "0");
      const character = byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
      const chip = colours === null ? 0 : colours[i]!;
      // The space between two bytes of one field is the field's as well.
      const isJoined = chip !== 0 && i + 1 < stop && colours![i + 1] === chip;
      const gap = i - at === 7 ? "  " : " ";
      text += isJoined ? painted(chip, digits + gap) : painted(chip, digits) + gap;
      ascii += painted(chip, character);
      columns += 2 + gap.length;
    }
    this.line(`${text}${" ".repeat(PER_LINE * 3 + 2 - columns)}${ascii}`);
  }
}

function painted(chip: number, text: string): string {
  return chip === 0 || text === "" ? text : `\x1b[38;5;16;48;5;${chip}m${text}${RESET}`;
}

/** `14`, `26-29`; with less than whole bytes `20.3-21.7`: byte, dot, bit, the highest being 0 as in the RFCs. */
export function rangeText(row: Row): string {
  const { offset, length, bitsBefore, bitCount } = row;
  if (length === 0) return "";
  if (bitCount === 0) return length === 1 ? String(offset) : `${offset}-${offset + length - 1}`;
  const last = bitsBefore + bitCount - 1;
  const from = `${offset + (bitsBefore >> 3)}.${bitsBefore & 7}`;
  if (bitCount === 1) return from;
  return bitsBefore >> 3 === last >> 3 ? `${from}-${last & 7}` : `${from}-${offset + (last >> 3)}.${last & 7}`;
}

/** The colour of each byte, 0 for none: fields in turn, those that share a byte together. */
function paint(rows: readonly Row[], captured: number): Uint8Array {
  const colours = new Uint8Array(captured);
  let next = 0;
  for (const row of rows) {
    if (row.kind !== "field" || row.length === 0 || row.label === "Payload" || row.label === "Padding") continue;
    if (row.bitCount > 0 && colours[row.offset] !== 0) {
      for (let i = row.offset; i < row.offset + row.length; i++) colours[i] ||= colours[row.offset]!;
      continue;
    }
    const chip = CHIPS[next % CHIPS.length]!;
    next++;
    colours.fill(chip, row.offset, row.offset + row.length);
  }
  return colours;
}

function paddingRow(offset: number, length: number): Row {
  return {
    depth: 0,
    label: "Padding",
    value: `${length}`,
    meaning: length === 1 ? "byte" : "bytes",
    source: "IEEE 802.3, 3.2.8",
    offset,
    length,
    bitsBefore: 0,
    bitCount: 0,
    kind: "field",
    tone: "plain",
  };
}

/** Value and meaning on as many lines as they need; the meaning follows the value on its line if it fits. */
function valueLines(row: Row, width: number): { value?: string; meaning?: string }[] {
  const { value, meaning } = row;
  if (value.length + 1 + meaning.length <= width) return value === "" && meaning === "" ? [] : [{ value, meaning }];
  const lines: { value?: string; meaning?: string }[] = wrap(value, width).map((part) => ({ value: part }));
  const rest = wrap(meaning, width - 2);
  const last = lines[lines.length - 1];
  // The first words of a long meaning fill the value's line.
  if (last?.value !== undefined && rest[0] !== undefined && last.value.length < width / 2) {
    const [first = "", ...more] = wrap(meaning, width - 1 - last.value.length);
    lines[lines.length - 1] = { value: last.value, meaning: first };
    for (const part of wrap(more.join(" "), width - 2)) if (part !== "") lines.push({ meaning: `  ${part}` });
    return lines;
  }
  for (const part of rest) if (part !== "") lines.push({ meaning: `  ${part}` });
  return lines;
}

/** Lines of at most `width` characters, broken at spaces where there are some. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    let rest = word;
    if (line !== "" && line.length + 1 + rest.length <= width) {
      line += ` ${rest}`;
      continue;
    }
    if (line !== "") lines.push(line);
    for (; rest.length > width; rest = rest.slice(width)) lines.push(rest.slice(0, width));
    line = rest;
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  return lines;
}
