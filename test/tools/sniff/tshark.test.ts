/**
 * Every field of the JSON that has a counterpart in tshark has the same value there, at the same byte. VETHLAB_CAPTURES
 * names a folder of captures to compare in place of the project's own:
 *
 *     VETHLAB_CAPTURES=/work/shared/captures npx vitest run test/tools/sniff/tshark.test.ts
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { isCaptureError, openCapture } from "../../../src/capture/index.ts";
import { fieldsOf } from "../../support/field-paths.ts";
import { tsharkFrames } from "../../support/pdml.ts";
import { needs } from "../../support/privilege.ts";
import { type Comparison, compareFrame } from "../../support/tshark-compare.ts";

const folder = process.env.VETHLAB_CAPTURES ?? join(import.meta.dirname, "../../captures");

needs({ commands: ["tshark"] }).test(
  "tshark reads the same values at the same bytes",
  async () => {
    const all: Comparison = { compared: 0, reasons: new Map(), differences: [] };
    const lines: string[] = [];
    let frames = 0;
    let files = 0;
    for (const name of readdirSync(folder).sort()) {
      if (!/\.pcap(ng)?$/.test(name)) continue;
      const path = join(folder, name);
      const reader = await openCapture(path);
      if (isCaptureError(reader)) continue;
      const theirs = tsharkFrames(path);
      let number = 0;
      for await (const batch of reader) {
        for (let i = 0; i < batch.count && number < theirs.length; i++) {
          const frame = theirs[number++]!;
          const off = batch.offset[i]!;
          const before = all.differences.length;
          compareFrame(fieldsOf(batch.buffer, off, batch.length[i]!, batch.originalLength[i]!), frame, all);
          for (const one of all.differences.slice(before)) {
            lines.push(
              `${name} #${number} ${one.path} at ${one.offset}: ${one.ours}, tshark ${one.theirs || "has none"}`,
            );
          }
        }
      }
      frames += number;
      files++;
    }
    console.log(`${files} files, ${frames} frames, ${all.compared} fields compared, ${lines.length} differ`);
    for (const [reason, count] of all.reasons) console.log(`${count} more: ${reason}`);
    if (process.env.VETHLAB_CAPTURES !== undefined) console.log(lines.join("\n"));
    else expect(lines).toEqual([]);
    expect(all.compared).toBeGreaterThan(1000);
  },
  600_000,
);
