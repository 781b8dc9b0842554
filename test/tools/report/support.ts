/** Reports on captures that are made in memory. */
import {
  CaptureDirection,
  CaptureWriter,
  type InterfaceSettings,
  isCaptureError,
  MemorySink,
  readerOf,
} from "../../../src/capture/index.ts";
import { type Report, type ReportOptions, reportOn } from "../../../src/tools/report/index.ts";
import { sourceOf } from "../../capture/files.ts";

export interface Taken {
  readonly bytes: Uint8Array;
  /** Milliseconds since the first frame. */
  readonly at: number;
  readonly wire?: number;
  readonly comment?: string;
  /** Bytes captured, if not all. */
  readonly captured?: number;
}

const EPOCH = 1_700_000_000;

/** A pcapng file of these frames. */
export function captureOf(
  frames: readonly Taken[],
  interfaces: readonly InterfaceSettings[] = [{ name: "ve0" }],
): Uint8Array {
  const sink = new MemorySink();
  const writer = new CaptureWriter(sink, { application: "test", interfaces });
  for (const { bytes, at, wire = 0, comment, captured = bytes.length } of frames) {
    const note = comment === undefined ? undefined : { comments: [comment] };
    writer.append(bytes, 0, captured, bytes.length, EPOCH, at * 1e6, wire, CaptureDirection.In, 0, note);
  }
  writer.close();
  return sink.bytes;
}

export async function reportOf(file: Uint8Array, options: ReportOptions = {}): Promise<Report> {
  const reader = await readerOf(sourceOf(file));
  if (isCaptureError(reader)) throw new Error(reader.message);
  return reportOn(reader, "test.pcapng", options);
}

/** The report on frames, a millisecond apart unless they say when. */
export function report(frames: readonly (Taken | Uint8Array)[], options: ReportOptions = {}): Promise<Report> {
  const taken = frames.map((one, i) => (one instanceof Uint8Array ? { bytes: one, at: i } : one));
  return reportOf(captureOf(taken), options);
}
