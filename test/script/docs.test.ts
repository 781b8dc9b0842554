/** docs/scripts.md: what it shows is what the language takes. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ICMP_WORDS } from "../../src/script/icmp-words.ts";
import { parseScripts } from "../../src/script/index.ts";
import { LAYERS } from "../../src/script/layers.ts";
import { parseFrame } from "../../src/script/parse-frame.ts";
import { SETTINGS } from "../../src/script/settings.ts";
import { Words } from "../../src/script/tokens.ts";
import { verdictOf } from "./support.ts";

const page = readFileSync(new URL("../../docs/scripts.md", import.meta.url), "utf8");

describe("the scripts it shows", () => {
  const examples = [...page.matchAll(/^```frames\n(.*?)^```$/gms)].map(([, text]) => text!);
  test("are some", () => expect(examples.length).toBeGreaterThan(3));
  for (const text of examples)
    for (const { title, line } of parseScripts(text, "docs/scripts.md"))
      test(title, async () => {
        const lines = text.split("\n");
        const next = lines.findIndex((one, i) => i >= line && /^test\b/.test(one));
        const { result, failure } = await verdictOf(lines.slice(line - 1, next < 0 ? lines.length : next).join("\n"));
        expect(failure).toBeNull();
        expect(result).toBe("pass");
      });
});

describe("the frames it shows", () => {
  const frames = [...page.matchAll(/^ {4}(\S.*)$/gm)]
    .flatMap(([, line]) => line!.split(/ {2,}/))
    .filter((text) => /^(arp|ip|eth|vlan|raw) /.test(text) && !text.includes("…"));
  test("are some", () => expect(frames.length).toBeGreaterThan(8));
  test.each(frames)("%s", (text) => {
    const known = text
      .replace(/\bMAC\b/g, "02:00:00:00:00:01")
      .replace(/\b[AB]\b/g, "10.0.0.9")
      .replace(/\bN\b/g, "5");
    const words = new Words(known, 1);
    parseFrame(words);
    words.finish();
  });
});

test("every field, setting and message is named", () => {
  const names = Object.values(LAYERS).flatMap(Object.keys);
  for (const name of [...names, ...Object.keys(SETTINGS)]) expect(page, name).toMatch(new RegExp(`\\b${name}\\b`));
  const words = new Set(Object.keys(ICMP_WORDS).flatMap((phrase) => phrase.split(" ")[0]!));
  for (const word of words) expect(page, word).toContain(word);
});
