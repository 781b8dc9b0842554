/** Where the fuzzer's frames begin: its own seeds, and captures. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isCaptureError, openCapture } from "../src/capture/index.ts";

/** Frames of a capture that are taken: the first ones, lest a long one be all that there is. */
const PER_CAPTURE = 64;
/** Longer frames make the fuzzer slow and teach it nothing. */
const LONGEST = 2048;

/** The frames of seeds.txt: a name, a colon and hexadecimal digits on each line; `#` begins a comment. */
export function readSeeds(path: string): Uint8Array[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => {
      const hex = line.startsWith("#") ? undefined : /: ([0-9a-f]*)$/.exec(line)?.[1];
      return hex === undefined ? [] : [Uint8Array.from(Buffer.from(hex, "hex"))];
    });
}

/** The first frames of each capture at or below a path, whatever of it can be read; the same frame once. */
export async function readCaptures(path: string): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (const file of capturesBelow(path)) {
    const reader = await openCapture(file);
    if (isCaptureError(reader)) continue;
    let left = PER_CAPTURE;
    for await (const { buffer, offset, length, count } of reader) {
      for (let i = 0; i < count && left > 0; i++, left--) {
        found.push(buffer.slice(offset[i]!, offset[i]! + Math.min(length[i]!, LONGEST)));
      }
      if (left === 0) break;
    }
  }
  return found;
}

function capturesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(pcap|pcapng|cap)(\.gz)?$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

/** Each frame once, in their order. */
export function unique(frames: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(frames.map((bytes) => [Buffer.from(bytes).toString("latin1"), bytes])).values()];
}

/** A short name for a corpus: another one gives other frames for the same seed. */
export function fingerprint(frames: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const bytes of frames) hash.update(`${bytes.length}\0`).update(bytes);
  return hash.digest("hex").slice(0, 8);
}
