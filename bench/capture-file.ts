/**
 * Capture files for the cases that read one. Written with DataView, as the frames are: what is measured should not also
 * be what makes the measure.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { arpFrame, echoFrame, taggedEchoFrame } from "./frames.ts";
import { Random } from "./random.ts";

/** Different frames; they come again and again, at other times. */
const DIFFERENT = 4096;
/** Longer ones are left out: what is measured is the work for a frame, not for a byte. */
const LONGEST = 200;
const START = 1_700_000_000;
const STEP_US = 7;
const LINKTYPE_ETHERNET = 1;
const SNAP_LENGTH = 262_144;

export type CaptureKind = "pcap" | "pcapng";

/** Writes a file of `count` frames: one in ten ARP, one in ten VLAN-tagged, the rest echo requests and replies. */
export function writeCaptureFile(path: string, kind: CaptureKind, count: number): void {
  const frames = mixedFrames();
  const file = openSync(path, "w");
  try {
    writeSync(file, kind === "pcap" ? pcapHeader() : pcapngHeader());
    const record = kind === "pcap" ? pcapRecord : pcapngRecord;
    for (let done = 0; done < count; ) {
      const piece: Uint8Array[] = [];
      for (let i = 0; i < DIFFERENT && done < count; i++, done++) {
        const us = done * STEP_US;
        piece.push(record(frames[done % frames.length]!, START + Math.floor(us / 1e6), us % 1e6));
      }
      writeSync(file, Buffer.concat(piece));
    }
  } finally {
    closeSync(file);
  }
}

function mixedFrames(): Uint8Array[] {
  const random = new Random(7);
  const frames: Uint8Array[] = [];
  while (frames.length < DIFFERENT) {
    const kind = random.below(10);
    const make = kind === 0 ? arpFrame : kind === 1 ? taggedEchoFrame : echoFrame;
    const frame = make(random);
    if (frame.length <= LONGEST) frames.push(frame);
  }
  return frames;
}

function pcapHeader(): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAP_LENGTH, true);
  view.setUint32(20, LINKTYPE_ETHERNET, true);
  return bytes;
}

function pcapRecord(frame: Uint8Array, second: number, microsecond: number): Uint8Array {
  const bytes = new Uint8Array(16 + frame.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, second, true);
  view.setUint32(4, microsecond, true);
  view.setUint32(8, frame.length, true);
  view.setUint32(12, frame.length, true);
  bytes.set(frame, 16);
  return bytes;
}

/** A section header and one interface, with times in microseconds as no option says otherwise. */
function pcapngHeader(): Uint8Array {
  const bytes = new Uint8Array(28 + 20);
  const view = new DataView(bytes.buffer);
  const words = [0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28];
  for (const [i, word] of [...words, 1, 20, LINKTYPE_ETHERNET, SNAP_LENGTH, 20].entries())
    view.setUint32(4 * i, word, true);
  return bytes;
}

function pcapngRecord(frame: Uint8Array, second: number, microsecond: number): Uint8Array {
  const length = 32 + 4 * Math.ceil(frame.length / 4);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const ticks = BigInt(second) * 1_000_000n + BigInt(microsecond);
  const words = [6, length, 0, Number(ticks >> 32n), Number(ticks & 0xffffffffn), frame.length, frame.length];
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word, true);
  bytes.set(frame, 28);
  view.setUint32(length - 4, length, true);
  return bytes;
}
