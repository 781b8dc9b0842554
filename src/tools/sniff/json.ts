/**
 * One JSON object a line for each frame, as docs/json.md and schema/frame.schema.json describe:
 *
 *     {"number":1,"time":1700000000.000000123,"version":1,"length":42,"captured":42,"interface":"ve0","direction":"in",
 *      "layers":[{"protocol":"ethernet",…},{"protocol":"arp",…}],"explanation":{"text":"…","kind":"arp-request","refersTo":[]}}
 */
import { FieldReader, JsonSink } from "../../../packets/fields/index.ts";
import { TextWriter } from "../../../packets/text/index.ts";
import { CaptureDirection, RecordFlag } from "../../capture/index.ts";
import type { Explanation } from "./explanation.ts";

/** Version of the schema: it changes when a field's name, type or meaning does, not when one is added. */
export const JSON_VERSION = 1;

/** What a frame's object says beside its layers. */
export interface FrameStamp {
  readonly number: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly originalLength: number;
  readonly interface: string;
  readonly direction: number;
  readonly flags: number;
}

const encoder = new TextEncoder();
const NEWLINE = 0x0a;

/** Writes frames; made once for all of an output's. */
export class JsonWriter {
  private readonly out: TextWriter;
  private readonly sink: JsonSink;
  private readonly reader: FieldReader;

  /** @param checksums false to leave open whether checksums are right. */
  constructor(out: TextWriter, checksums = true) {
    this.out = out;
    this.reader = new FieldReader(checksums);
    this.sink = new JsonSink(out);
  }

  /** The object of the frame at `off`, `length` bytes of which were captured, and a line break. */
  write(buf: Uint8Array, off: number, length: number, stamp: FrameStamp, explanation: Explanation | null): void {
    const { out } = this;
    out.ascii('{"number":');
    out.decimal(stamp.number);
    out.ascii(',"time":');
    out.decimal(stamp.seconds);
    out.ascii(".");
    out.decimalPadded(stamp.nanoseconds, 9);
    out.ascii(`,"version":${JSON_VERSION},"length":`);
    out.decimal(stamp.originalLength);
    out.ascii(',"captured":');
    out.decimal(length);
    if (stamp.interface !== "") this.string(',"interface":', stamp.interface);
    if (stamp.direction !== CaptureDirection.Unknown)
      out.ascii(stamp.direction === CaptureDirection.In ? ',"direction":"in"' : ',"direction":"out"');
    const isOpen = (stamp.flags & RecordFlag.ChecksumNotReady) !== 0;
    if (isOpen) out.ascii(',"checksumNotReady":true');
    const padding = this.layers(buf, off, length, stamp.originalLength, isOpen);
    if (padding > 0) out.ascii(`,"padding":${padding}`);
    if (explanation !== null) this.string(',"explanation":', explanation);
    out.ascii("}");
    out.byte(NEWLINE);
  }

  /** `,"layers":[…]`. @returns how many bytes follow the network layer's packet. */
  private layers(buf: Uint8Array, off: number, length: number, originalLength: number, isOpen: boolean): number {
    const { out } = this;
    out.ascii(',"layers":[');
    this.sink.begin(buf);
    const padding = this.reader.read(this.sink, buf, off, length, originalLength, isOpen);
    out.ascii("]");
    return padding;
  }

  private string(key: string, value: string | Explanation): void {
    this.out.ascii(key);
    this.out.raw(encoder.encode(JSON.stringify(value)));
  }
}

type Value = string | number | boolean | readonly Value[] | Layer;
/** One header: `protocol`, and its fields. */
export interface Layer {
  readonly [field: string]: Value;
}

const scratch = new TextWriter(1 << 12);
const scratchSink = new JsonSink(scratch);
const scratchReader = new FieldReader();

/** The headers of the frame from `off` to `end`, the outermost first, as objects. */
export function layersOf(buf: Uint8Array, off: number, end: number): Layer[] {
  scratch.clear();
  scratch.ascii("[");
  scratchSink.begin(buf);
  scratchReader.read(scratchSink, buf, off, end - off, end - off, false);
  scratch.ascii("]");
  return JSON.parse(scratch.toString()) as Layer[];
}
