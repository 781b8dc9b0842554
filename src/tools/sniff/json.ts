/**
 * One JSON object a line for each frame:
 *
 *     {"number":1,"time":1700000000.000000123,"length":42,"captured":42,"interface":"ve0","direction":"in",
 *      "layers":[{"protocol":"ethernet",…},{"protocol":"arp",…}],"explanation":{"text":"…","kind":"arp-request","refersTo":[]}}
 *
 * `time` is Unix time in seconds, written with nine digits: readers that keep numbers as doubles lose the last two or three.
 * `length` is that on the wire, `captured` that of the bytes which `layers` was made from; both in bytes. `interface` is left
 * out if a file does not name it, `direction` (`in` or `out`) if it does not say, `explanation` unless asked for.
 * `checksumNotReady` is there, and true, if the sender left the transport checksum to the hardware. Layers: see layers.ts.
 */
import type { TextWriter } from "../../../packets/text/index.ts";
import { CaptureDirection, RecordFlag } from "../../capture/index.ts";
import type { Explanation } from "./explanation.ts";
import { layersOf } from "./layers.ts";

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

/** Writes the object of the frame at `off`, `length` bytes of which were captured, and a line break. */
export function writeJson(
  out: TextWriter,
  buf: Uint8Array,
  off: number,
  length: number,
  stamp: FrameStamp,
  explanation: Explanation | null,
): void {
  out.ascii(`{"number":${stamp.number},"time":${stamp.seconds}.`);
  out.decimalPadded(stamp.nanoseconds, 9);
  const direction = stamp.direction === CaptureDirection.In ? "in" : "out";
  const rest = {
    length: stamp.originalLength,
    captured: length,
    ...(stamp.interface === "" ? {} : { interface: stamp.interface }),
    ...(stamp.direction === CaptureDirection.Unknown ? {} : { direction }),
    ...((stamp.flags & RecordFlag.ChecksumNotReady) === 0 ? {} : { checksumNotReady: true }),
    layers: layersOf(buf, off, off + length),
    ...(explanation === null ? {} : { explanation }),
  };
  out.ascii(",");
  out.raw(encoder.encode(JSON.stringify(rest).slice(1)));
  out.byte(NEWLINE);
}
