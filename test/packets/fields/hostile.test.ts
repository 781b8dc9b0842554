/** Whatever a frame says, its fields are read within it, none of them twice, and all of them come to an end. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Container,
  FieldReader,
  type FieldSink,
  type FieldSpec,
  JsonSink,
  TreePrinter,
  TreeSink,
} from "../../../packets/fields/index.ts";
import { TextWriter } from "../../../packets/text/index.ts";
import { isCaptureError, openCapture } from "../../../src/capture/index.ts";
import { guarded, hostile } from "../../support/guarded.ts";
import { textFrames } from "../../support/text-frames.ts";

async function framesOf(name: string): Promise<Uint8Array[]> {
  const reader = await openCapture(new URL(`../../captures/${name}.pcap`, import.meta.url).pathname);
  if (isCaptureError(reader)) throw new Error(reader.message);
  const frames: Uint8Array[] = [];
  for await (const batch of reader) {
    for (let i = 0; i < batch.count; i++) {
      const off = batch.offset[i]!;
      frames.push(new Uint8Array(batch.buffer.subarray(off, off + batch.length[i]!)));
    }
  }
  return frames;
}

const samples = await framesOf("fields/fields");
const reader = new FieldReader();
const out = new TextWriter();

/** Checks what every sink may rely on. */
class Checking implements FieldSink {
  private readonly start: number;
  private readonly end: number;
  private readonly open_: { node: Container; isItem: boolean }[] = [];
  count = 0;

  constructor(start: number, end: number) {
    this.start = start;
    this.end = end;
  }

  private within(off: number, length: number): void {
    this.count++;
    // Comparing by hand: a million calls of expect take minutes.
    if (off >= this.start && length >= 0 && off + length <= this.end) return;
    throw new Error(`${off}, ${length} bytes, is not within ${this.start} to ${this.end}`);
  }

  open(node: Container, isItem: boolean, off: number): void {
    this.within(Math.min(off, this.end), 0);
    this.open_.push({ node, isItem });
  }

  close(node: Container, isItem: boolean, end: number): void {
    const last = this.open_.pop();
    if (last?.node !== node || last.isItem !== isItem) throw new Error(`${node.label} closes ${last?.node.label}`);
    this.within(Math.min(end, this.end), 0);
  }

  number(field: FieldSpec, off: number, length: number, value: number): void {
    this.within(off, length);
    if (field.unit !== "s" && !Number.isInteger(value)) throw new Error(`${field.label} is ${value}`);
  }

  place(field: FieldSpec, off: number, length: number): void {
    this.within(off, length);
    if (field.length > 0 && length !== field.length) throw new Error(`${field.label} of ${length} bytes`);
  }

  made(_field: FieldSpec, off: number, length: number): void {
    this.within(off, length);
  }

  checksum(_field: FieldSpec, off: number): void {
    this.within(off, 2);
  }

  problem(off: number, end: number): void {
    this.within(off, end - off);
  }

  done(): void {
    expect(this.open_).toEqual([]);
  }
}

/** Fails if an object of the text has a name twice, which JSON.parse does not tell. */
function expectOnce(text: string): void {
  const names: Set<string>[] = [];
  for (const [token, name] of text.matchAll(/"((?:[^"\\]|\\.)*)"(?=:)|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{") names.push(new Set());
    else if (token === "}") names.pop();
    else if (name !== undefined) {
      if (names[names.length - 1]!.has(name)) throw new Error(`${name} twice in ${text}`);
      names[names.length - 1]!.add(name);
    }
  }
}

function json(buf: Uint8Array, off: number, end: number): string {
  out.clear();
  out.ascii("[");
  const sink = new JsonSink(out);
  sink.begin(buf);
  reader.read(sink, buf, off, end - off, end - off, false);
  out.ascii("]");
  return out.toString();
}

describe("fields of hostile frames", () => {
  test("lie within the frame", () => {
    fc.assert(
      fc.property(hostile(samples), ({ buf, off, end }) => {
        const sink = new Checking(off, end);
        reader.read(sink, guarded(buf, off, end), off, end - off, end - off, false);
        sink.done();
      }),
      { numRuns: 1000, seed: 11 },
    );
  });

  test("are JSON, each named once, and read from the frame alone", () => {
    fc.assert(
      fc.property(hostile(samples), ({ buf, off, end }) => {
        const text = json(guarded(buf, off, end), off, end);
        JSON.parse(text);
        expectOnce(text);
        expect(text).toBe(json(buf, off, end));
        expect(text).toMatch(/^[\x20-\x7e]*$/);
      }),
      { numRuns: 1000, seed: 12 },
    );
  });

  test("every cut of every kind of frame", () => {
    for (const frame of samples) {
      for (let length = 0; length <= frame.length; length++) {
        const sink = new Checking(0, length);
        reader.read(sink, guarded(frame, 0, length), 0, length, frame.length, false);
        sink.done();
        const text = json(frame, 0, length);
        JSON.parse(text);
        expectOnce(text);
      }
    }
  });

  test("printed: no line longer than the terminal, nothing but characters", () => {
    for (const width of [60, 80, 120]) {
      const printer = new TreePrinter(out, { width });
      for (const { bytes, length } of textFrames(width, 500)) {
        out.clear();
        printer.print(bytes, 0, bytes.length, length, false);
        for (const line of out.toString().split("\n")) {
          if (line.length > Math.max(width, 76) || !/^[\x20-\x7e]*$/.test(line)) throw new Error(line);
        }
      }
    }
  });

  test("as many as anybody reads", () => {
    // A DNS message of 64 KB that claims 65,535 answers of no bytes.
    const frame = new Uint8Array(65_000);
    frame.set(samples.find((one) => json(one, 0, one.length).includes('"dns"'))!.subarray(0, 54));
    frame.set([0xff, 0xff], 14 + 2);
    frame.set([0, 0], 14 + 20 + 4);
    frame.set([0, 0, 0xff, 0xff, 0, 0, 0, 0], 14 + 28 + 4);
    const sink = new Checking(0, frame.length);
    reader.read(sink, frame, 0, frame.length, frame.length, false);
    sink.done();
    expect(sink.count).toBeGreaterThan(4096);
    expect(sink.count).toBeLessThan(20_000);
    expect(json(frame, 0, frame.length)).toContain('"fault":"limit"');
  });
});

describe("fields of whole frames", () => {
  test("cover every byte", () => {
    const sink = new TreeSink(new TextWriter());
    for (const [number, frame] of samples.entries()) {
      sink.begin(frame, 0);
      const padding = reader.read(sink, frame, 0, frame.length, frame.length, false);
      const covered = new Uint8Array(frame.length);
      for (const row of sink.rows) if (row.kind === "field") covered.fill(1, row.offset, row.offset + row.length);
      covered.fill(1, frame.length - padding);
      expect(covered.indexOf(0), `frame ${number + 1}`).toBe(-1);
    }
  });

  test("name where they are defined", () => {
    const sink = new TreeSink(new TextWriter());
    for (const frame of samples) {
      sink.begin(frame, 0);
      reader.read(sink, frame, 0, frame.length, frame.length, false);
      for (const row of sink.rows) expect(row.source, row.label).toMatch(/^(RFC \d+|IEEE 802)/);
    }
  });
});
