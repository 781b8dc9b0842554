/** Runs tcpdump on a capture and splits what it prints by frame, to compare with our own printer. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FramePrinter, type HexMode, type TextOptions, type TimestampMode } from "../../packets/text/index.ts";
import { tcpdumpOnFiles } from "./unprivileged.ts";

/** One frame of a capture with microseconds. */
export interface TextFrame {
  readonly bytes: Uint8Array;
  /** Bytes that it had on the wire. */
  readonly length: number;
  readonly second: number;
  readonly microsecond: number;
}

/** The version whose text ours is made after. Others word some things differently, so comparing would say nothing. */
export const TCPDUMP_VERSION = "4.99.3";

/** The installed tcpdump's version, or "none". */
export function tcpdumpVersion(): string {
  const { stdout, stderr, error } = spawnSync("tcpdump", ["--version"], { encoding: "utf8" });
  if (error !== undefined) return "none";
  return /tcpdump version (\S+)/.exec(`${stdout}${stderr}`)?.[1] ?? "unknown";
}

/** A classic capture file, little endian, microseconds, Ethernet. */
export function writePcap(frames: readonly TextFrame[]): Uint8Array {
  const file = new DataView(new ArrayBuffer(24 + frames.reduce((sum, frame) => sum + 16 + frame.bytes.length, 0)));
  file.setUint32(0, 0xa1b2c3d4, true);
  file.setUint16(4, 2, true);
  file.setUint16(6, 4, true);
  file.setUint32(16, 262_144, true);
  file.setUint32(20, 1, true);
  const bytes = new Uint8Array(file.buffer);
  let at = 24;
  for (const frame of frames) {
    file.setUint32(at, frame.second, true);
    file.setUint32(at + 4, frame.microsecond, true);
    file.setUint32(at + 8, frame.bytes.length, true);
    file.setUint32(at + 12, frame.length, true);
    bytes.set(frame.bytes, at + 16);
    at += 16 + frame.bytes.length;
  }
  return bytes;
}

/** The frames of a file that {@link writePcap} or tcpdump wrote. */
export function readPcap(bytes: Uint8Array): TextFrame[] {
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.getUint32(0, true) !== 0xa1b2c3d4) throw new Error("not a little-endian capture with microseconds");
  const frames: TextFrame[] = [];
  for (let at = 24; at < bytes.length; ) {
    const captured = file.getUint32(at + 8, true);
    frames.push({
      bytes: bytes.slice(at + 16, at + 16 + captured),
      length: file.getUint32(at + 12, true),
      second: file.getUint32(at, true),
      microsecond: file.getUint32(at + 4, true),
    });
    at += 16 + captured;
  }
  return frames;
}

/** What tcpdump prints for each frame; `args` must contain -#, by which the lines are told apart. UTC. */
export function tcpdumpText(capture: Uint8Array, args: readonly string[]): string[] {
  const dir = mkdtempSync(join(tmpdir(), "vethlab-text-"));
  try {
    const path = join(dir, "frames.pcap");
    writeFileSync(path, capture);
    const run = spawnSync(...tcpdumpOnFiles(["-n", "-r", path, ...args]), {
      encoding: "latin1",
      env: { ...process.env, TZ: "UTC" },
      maxBuffer: 1 << 28,
    });
    if (run.status !== 0) throw new Error(`tcpdump: ${run.stderr}`);
    return splitByNumber(run.stdout);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Joins the lines that follow a frame's first one to it; that begins with its number. */
export function splitByNumber(text: string): string[] {
  const frames: string[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const number = /^ {0,4}(\d+) {2}/.exec(line)?.[1];
    if (Number(number) === frames.length + 1) frames.push(`${line}\n`);
    else frames[frames.length - 1] += `${line}\n`;
  }
  return frames;
}

/** What our printer makes of the same frames. */
export function ourText(frames: readonly TextFrame[], options: TextOptions): string[] {
  const printer = new FramePrinter(options);
  return frames.map(({ bytes, length, second, microsecond }, i) => {
    printer.out.clear();
    printer.print(bytes, 0, bytes.length, length, second, microsecond * 1000, i + 1);
    return printer.out.toString();
  });
}

const TIMESTAMPS: Readonly<Record<string, TimestampMode>> = {
  "-t": "none",
  "-tt": "epoch",
  "-ttt": "delta",
  "-tttt": "date",
  "-ttttt": "elapsed",
};

/** tcpdump's options as ours. */
export function textOptions(args: readonly string[]): TextOptions {
  const hex = args.find((arg) => /^-(x|xx|X|XX|A|AA)$/.test(arg))?.slice(1) as HexMode | undefined;
  const timestamp = TIMESTAMPS[args.find((arg) => /^-t+$/.test(arg)) ?? ""];
  return {
    linkHeader: args.includes("-e"),
    verbose: (args.find((arg) => /^-v+$/.test(arg)) ?? "-").length - 1,
    hex: hex ?? "none",
    timestamp: timestamp ?? "time",
    number: args.includes("-#"),
    nano: args.includes("--nano"),
    quiet: args.includes("-q"),
    absoluteSequence: args.includes("-S"),
    checksums: !args.includes("-K"),
  };
}
