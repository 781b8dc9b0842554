/** Reads what each source file imports and says what breaks the directions that docs/architecture.md gives. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** A file's text by its path from the checkout's root, as `src/link/link.ts`. */
export type Sources = ReadonlyMap<string, string>;

/** Where rings are the protocols' own: an ICMP error quotes a datagram, a bridged LLC frame holds an Ethernet frame. */
const RINGS_ALLOWED = "packets/text/";

/** Longest source file, in lines. */
export const MAX_LINES = 450;

/** For each folder, the folders of src/ and bench/ that it may import besides itself. All may import packets/. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  packets: [],
  "src/linux": [],
  "src/capture": [],
  "src/link": ["src/linux", "src/capture"],
  "src/stack": ["src/link"],
  "src/tools": ["src/stack", "src/link", "src/capture"],
  "src/lab": ["src/stack", "src/link", "src/linux"],
  "src/script": ["src/lab", "src/stack", "src/link", "src/linux"],
  "src/demo": ["src/tools", "src/lab", "src/capture", "src/stack", "src/link", "src/linux"],
  // The library's door, src/index.ts.
  src: ["src/script", "src/tools", "src/lab", "src/capture", "src/stack", "src/link", "src/linux"],
  "src/cli": [
    "src/demo",
    "src/script",
    "src/tools",
    "src/lab",
    "src/capture",
    "src/stack",
    "src/link",
    "src/linux",
    "src",
  ],
  bench: ["src/tools", "src/lab", "src/capture", "src/stack", "src/link", "src/linux"],
  fuzz: ["src/tools", "src/capture", "src/link", "bench"],
};

/** Needed everywhere, and importing nothing of ours. */
const SHARED = "src/version.ts";

/** For each package, the folders that may import it. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "buffer-layout": ["packets", "bench"],
  koffi: ["src/linux"],
  commander: ["src/cli", "bench"],
  cap: ["src/link", "bench"],
  "raw-socket": ["src/link", "src/tools", "bench"],
  mitata: ["bench"],
};

/** Optional packages, which may be absent: one file of src/ knows each. */
const OPTIONAL = ["cap", "raw-socket"];

/** A statement that imports or re-exports types alone. */
const TYPE_IMPORT = /^\s*(?:import|export) type\b[^;]*;$/gm;

/** Files below the given folders, read from disk. */
export function readSources(root: string, folders: readonly string[], extension = ".ts"): Sources {
  const sources = new Map<string, string>();
  for (const folder of folders) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).sort()) {
      if (!name.endsWith(extension) || !statSync(join(root, folder, name)).isFile()) continue;
      sources.set(posix.join(folder, name), readFileSync(join(root, folder, name), "utf8"));
    }
  }
  return sources;
}

/** Every module that a text imports or requires, types too, in order; a name that is computed appears as `?`. */
export function importsOf(text: string): string[] {
  const code = text.replace(/^\s*\/\*[\s\S]*?\*\//gm, "").replace(/^\s*\/\/.*$/gm, "");
  const found: [number, string][] = [];
  for (const match of code.matchAll(/^\s*(?:import|export)\b[^;"'`()]*?\bfrom\s*(["'])(.+?)\1/gm)) {
    found.push([match.index, match[2]!]);
  }
  for (const match of code.matchAll(/^\s*import\s*(["'])(.+?)\1/gm)) found.push([match.index, match[2]!]);
  // `import("x")`, `require("x")`, and createRequire's result called on the spot.
  for (const match of code.matchAll(/(?:\bimport|\brequire|\bcreateRequire\([^)]*\))\(\s*(?:(["'])(.+?)\1)?/g)) {
    found.push([match.index, match[2] ?? "?"]);
  }
  return found.sort((a, b) => a[0] - b[0]).map(([, name]) => name);
}

/** What breaks the rules, one line each. */
export function violations(sources: Sources): string[] {
  const broken: string[] = [];
  const owners = new Map<string, Set<string>>();
  for (const [path, text] of sources) {
    const folder = folderOf(path);
    const allowed = MAY_IMPORT[folder];
    if (allowed === undefined) {
      broken.push(`${path}: no rule for the folder ${folder}`);
      continue;
    }
    for (const name of importsOf(text)) {
      if (name.startsWith(".")) {
        const target = posix.join(posix.dirname(path), name);
        const to = folderOf(target);
        if (!sources.has(target)) broken.push(`${path}: imports ${name}, which is no source file here`);
        else if (target === SHARED || to === "packets" || to === folder) continue;
        else if (!allowed.includes(to)) broken.push(`${path}: imports ${target}`);
      } else if (name.startsWith("node:")) {
        if (folder === "packets") broken.push(`${path}: imports ${name}`);
      } else if (name === "?") {
        // The benchmarks load the peers that are there.
        if (folder !== "bench") broken.push(`${path}: imports a module whose name is computed`);
      } else {
        if (!PACKAGES[name]?.includes(folder)) broken.push(`${path}: imports the package ${name}`);
        if (OPTIONAL.includes(name) && folder !== "bench") {
          owners.set(name, (owners.get(name) ?? new Set()).add(path));
        }
      }
    }
  }
  for (const [name, paths] of owners) {
    if (paths.size > 1) broken.push(`the optional package ${name} is imported by ${[...paths].join(" and ")}`);
  }
  return broken;
}

/**
 * Rings of files that import each other, each as `a -> b -> a`; one for each file that closes a ring. Imports of types
 * alone do not count, since nothing of them is left when the code runs; nor do rings within packets/text/.
 */
export function cycles(sources: Sources): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    const ring = start >= 0 ? [...trail.slice(start), path] : [];
    if (!ring.every((file) => file.startsWith(RINGS_ALLOWED))) found.push(ring.join(" -> "));
    if (start >= 0 || done.has(path)) return;
    trail.push(path);
    for (const name of importsOf(sources.get(path)!.replace(TYPE_IMPORT, ""))) {
      const target = posix.join(posix.dirname(path), name);
      if (name.startsWith(".") && sources.has(target)) visit(target);
    }
    trail.pop();
    done.add(path);
  };
  for (const path of sources.keys()) visit(path);
  return found;
}

/** Files of more than {@link MAX_LINES} lines, each with its length. */
export function tooLong(sources: Sources): string[] {
  return [...sources]
    .map(([path, text]) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path}: ${lines} lines`);
}

// `src/link/link.ts` lies in `src/link`, `src/index.ts` in `src`, everything below packets/ in `packets`.
function folderOf(path: string): string {
  const [first, second, third] = path.split("/");
  return first === "src" && third !== undefined ? `${first}/${second}` : first!;
}
