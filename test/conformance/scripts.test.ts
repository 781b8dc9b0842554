/** Every script of conformance/ on our host simulated, on a veth, and on the kernel; and the page made of the results. */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { relative } from "node:path";
import { describe, expect, test } from "vitest";
import {
  conformanceText,
  DEVICE_KINDS,
  failureText,
  isBad,
  judge,
  openSimulated,
  type Script,
  TamperedLink,
} from "../../src/script/index.ts";
import { needs } from "../support/privilege.ts";
import { readScripts, ScriptRun } from "../support/scripts.ts";

const LONG = 300_000;
const run = new ScriptRun(readScripts("conformance"));
const name = ({ file, id, title }: Script): string => `${file} ${id} ${title}`;

for (const kind of DEVICE_KINDS) {
  const group = kind === "simulated" ? describe : needs({ netns: true }).describe;
  group(`on ${kind}`, () => {
    for (const script of run.scripts) {
      // What cannot be run there is no test of it; the page names it, with the reason.
      if (script.skipped.has(kind)) continue;
      test(
        name(script),
        async () => {
          const verdict = await run.verdict(script, kind);
          // A step that this device has nothing for: the page, which is held to the verdicts, says so and why.
          // Ours has to have everything that its scripts ask for.
          if (verdict.result === "skipped") {
            expect(kind).toBe("kernel");
            expect(verdict.reason).not.toBe("");
          }
          if (verdict.result === "stale") throw new Error(`it passes, but is said to differ: ${verdict.reason}`);
          if (isBad(verdict)) throw new Error(`\n${failureText(verdict)}`);
        },
        LONG,
      );
    }
  });
}

describe("every script can fail", () => {
  const swapped = (frame: Uint8Array): Uint8Array => {
    const back = frame.slice();
    back.copyWithin(0, 6, 12);
    back.set(frame.subarray(0, 6), 6);
    return back;
  };
  /** Says nothing, whatever it is asked. */
  const mute = (script: Script) =>
    judge(script, "simulated", (setup) =>
      openSimulated(setup, { link: (link) => new TamperedLink(link, { output: () => [] }) }),
    );
  /** Gives back every frame, and says what it would have said as well. */
  const parrot = (script: Script) =>
    judge(script, "simulated", (setup) =>
      openSimulated(setup, {
        link: (link) => {
          const tampered: TamperedLink = new TamperedLink(link, {
            input: (frame) => {
              tampered.inject(swapped(frame));
              return [frame];
            },
          });
          return tampered;
        },
      }),
    );
  /** Hears nothing. */
  const deaf = (script: Script) =>
    judge(script, "simulated", (setup) =>
      openSimulated(setup, { link: (link) => new TamperedLink(link, { input: () => [] }) }),
    );

  for (const script of run.scripts) {
    test(name(script), async () => {
      if (script.skipped.has("simulated")) return;
      const results = [await mute(script), await parrot(script), await deaf(script)];
      expect(results.some(({ failure }) => failure !== null)).toBe(true);
    });
  }
});

describe("docs/conformance.md", () => {
  const page = readFileSync(new URL("../../docs/conformance.md", import.meta.url), "utf8");
  const kernel = release().split(".").slice(0, 2).join(".");
  /** What the kernel lacks is the machine's affair. */
  const lacks = (text: string): readonly string[] => [...text.matchAll(/modprobe \w+/g)].map(([module]) => module);

  needs({ netns: true }).describe("says what a run shows", () => {
    test(
      "npm run conformance makes it",
      async ({ skip }) => {
        if (!page.includes(`(${kernel})`)) skip("the page is of another kernel");
        const made = conformanceText(await run.verdicts(), { kernel, link: (file) => relative("docs", file) });
        if (lacks(made).join() !== lacks(page).join()) skip("the page is of a kernel with other modules");
        const lines = made.split("\n");
        const at = page.split("\n").findIndex((line, i) => line !== lines[i]);
        if (page !== made)
          throw new Error(`line ${at + 1} is now: ${lines[at]}\nMake the page again: npm run conformance`);
      },
      LONG,
    );
  });

  test("has a line for every script", () => {
    for (const { title } of run.scripts) expect(page).toContain(title.replaceAll("|", "\\|"));
  });
});
