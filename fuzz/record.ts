/** Findings as files: written when one is found, replayed by the tests for ever. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./check.ts";
import type { FuzzFrame } from "./frame.ts";

/** A finding as it is kept. */
export interface KeptFinding extends Finding {
  /** The seed of its round, from which the target's options follow. */
  readonly seed: number;
}

/** Writes a finding below `folder`, under a name that tells what it is. @returns the file's path. */
export function keep(folder: string, { target, fault, detail, frames, seed }: KeptFinding): string {
  const kept = {
    target,
    fault,
    detail,
    seed,
    frames: frames.map(({ bytes, ...rest }) => ({ hex: Buffer.from(bytes).toString("hex"), ...rest })),
  };
  const hash = createHash("sha256").update(JSON.stringify(kept.frames)).digest("hex").slice(0, 8);
  const path = join(folder, `${target}-${fault}-${hash}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, `${JSON.stringify(kept, null, 2)}\n`);
  return path;
}

/** Reads what {@link keep} wrote. */
export function readFinding(path: string): KeptFinding {
  const { frames, ...rest } = JSON.parse(readFileSync(path, "utf8")) as Omit<KeptFinding, "frames"> & {
    frames: (Omit<FuzzFrame, "bytes"> & { hex: string })[];
  };
  return {
    ...rest,
    frames: frames.map(({ hex, ...stamp }) => ({ ...stamp, bytes: Uint8Array.from(Buffer.from(hex, "hex")) })),
  };
}
