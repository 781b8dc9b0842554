import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { cycles, importsOf, MAX_LINES, readSources, tooLong, violations } from "./support/architecture.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const sources = readSources(ROOT, ["packets", "src", "bench", "fuzz"]);

describe("the house", () => {
  test("imports point one way: cli, demo -> tools, lab -> stack -> link -> linux, and everything -> packets", () => {
    expect(sources.size).toBeGreaterThan(20);
    expect(violations(sources)).toEqual([]);
  });

  test("no two files import each other, by whatever way round", () => {
    expect(cycles(sources)).toEqual([]);
  });

  test(`no file is longer than ${MAX_LINES} lines`, () => {
    expect(tooLong(sources)).toEqual([]);
  });

  test("scripts need nothing that would have to be installed", () => {
    const scripts = readSources(ROOT, ["scripts"], ".js");
    expect(scripts.size).toBeGreaterThan(4);
    for (const [path, text] of scripts) {
      expect(importsOf(text), path).not.toContain("./bundle.js");
      for (const name of importsOf(text)) {
        const builtIn = name.startsWith("node:") && builtinModules.includes(name.slice("node:".length));
        // A process of its own, started when the dependencies are there.
        const isBundler = path === "scripts/lib/bundle.js" && name === "rolldown";
        expect(builtIn || isBundler || name.startsWith("."), `${path} imports ${name}`).toBe(true);
      }
    }
  });
});

describe("the rules see", () => {
  const broken = (path: string, text: string, ...others: string[]) =>
    violations(new Map([[path, text], ...others.map((other) => [other, ""] as const)]));

  test.each([
    [
      "the stack reaching for Linux",
      "src/stack/host.ts",
      'import { open } from "../linux/libc.ts";',
      "src/linux/libc.ts",
    ],
    [
      "a type is an import too",
      "src/stack/host.ts",
      'import type { Fd } from "../linux/libc.ts";',
      "src/linux/libc.ts",
    ],
    [
      "an import over several lines",
      "src/tools/ping.ts",
      'import {\n  a,\n  b,\n} from "../lab/lab.ts";',
      "src/lab/lab.ts",
    ],
    ["re-exports", "src/link/link.ts", 'export * from "../stack/host.ts";', "src/stack/host.ts"],
    ["dynamic imports", "src/linux/libc.ts", 'await import("../link/link.ts");', "src/link/link.ts"],
    ["imports of types inside types", "packets/arp.ts", 'type A = import("../src/index.ts").A;', "src/index.ts"],
    ["the library importing the command", "src/index.ts", 'import "./cli/main.ts";', "src/cli/main.ts"],
  ])("%s", (_, path, text, other) => {
    expect(broken(path, text, other)).toEqual([`${path}: imports ${other}`]);
  });

  test.each([
    ["node: in packets", "packets/arp.ts", 'import { join } from "node:path";', "imports node:path"],
    ["packages in packets", "packets/arp.ts", 'import koffi from "koffi";', "imports the package koffi"],
    ["koffi outside src/linux", "src/link/packet.ts", 'import koffi from "koffi";', "imports the package koffi"],
    ["bare names of Node's modules", "src/cli/main.ts", 'import fs from "fs";', "imports the package fs"],
    ["createRequire", "src/tools/ping.ts", 'createRequire(import.meta.url)("cap")', "imports the package cap"],
    ["computed names", "src/cli/main.ts", "await import(name)", "imports a module whose name is computed"],
    ["missing files", "src/cli/main.ts", 'import "./gone.ts";', "imports ./gone.ts, which is no source file here"],
    ["unknown folders", "src/misc/a.ts", "", "no rule for the folder src/misc"],
  ])("%s", (_, path, text, line) => {
    expect(broken(path, text)).toEqual([`${path}: ${line}`]);
  });

  test("an optional package in two files", () => {
    const text = 'createRequire(import.meta.url)("cap")';
    const files = new Map([
      ["src/link/a.ts", text],
      ["src/link/b.ts", text],
    ]);
    expect(violations(files)).toEqual(["the optional package cap is imported by src/link/a.ts and src/link/b.ts"]);
  });

  test("what is allowed, and what is only a comment", () => {
    const text =
      '/**\n * import { a } from "../linux/libc.ts";\n */\n// import "koffi";\nimport { b } from "../link/link.ts";';
    expect(broken("src/stack/host.ts", text, "src/link/link.ts")).toEqual([]);
  });

  test("rings of imports", () => {
    const ring = new Map([
      ["packets/a.ts", 'import "./b.ts";'],
      ["packets/b.ts", 'import { type C, c } from "./c.ts";'],
      ["packets/c.ts", 'export { a } from "./a.ts";'],
      ["packets/d.ts", 'import "./a.ts";'],
    ]);
    expect(cycles(ring)).toEqual(["packets/a.ts -> packets/b.ts -> packets/c.ts -> packets/a.ts"]);
  });

  test("no ring where only types go round", () => {
    const ring = new Map([
      ["packets/a.ts", 'import { b } from "./b.ts";'],
      ["packets/b.ts", 'import type { A } from "./a.ts";'],
    ]);
    expect(cycles(ring)).toEqual([]);
  });

  test("protocols that carry one another", () => {
    const ring = new Map([
      ["packets/text/ipv4.ts", 'import { icmp } from "./icmp.ts";'],
      ["packets/text/icmp.ts", 'import { ipv4 } from "./ipv4.ts";'],
    ]);
    expect(cycles(ring)).toEqual([]);
  });

  test("long files", () => {
    expect(tooLong(new Map([["packets/a.ts", "\n".repeat(MAX_LINES)]]))).toEqual([]);
    expect(tooLong(new Map([["packets/a.ts", "\n".repeat(MAX_LINES + 1)]]))).toEqual(["packets/a.ts: 451 lines"]);
  });
});
