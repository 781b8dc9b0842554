// Puts the compiled modules of the command together to a few files in dist/bundle. Node takes a quarter of a millisecond to
// find, read and link a module, and the command is made of hundreds. `node bundle.js [DIST]`, by build.js.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "./paths.js";

const DIST = process.argv[2] ?? join(ROOT, "dist");
const BUNDLE = join(DIST, "bundle");

/** By the name that each has in the bundle: what is started, or imported from outside. */
const ENTRIES = {
  command: "src/cli/main.js",
  // A thread looks for it beside the file that starts it.
  worker: "src/tools/answer/worker.js",
  // A benchmark of a whole process, start included: put together as the command is.
  "bring-up": "bench/peers/bring-up.js",
};

const input = Object.fromEntries(
  Object.entries(ENTRIES)
    .map(([name, path]) => [name, join(DIST, path)])
    .filter(([, path]) => existsSync(path)),
);
// What node_modules holds stays there: koffi, cap and raw-socket are no JavaScript alone.
const bundle = await rolldown({ input, cwd: ROOT, platform: "node", external: ["koffi", "cap", "raw-socket"] });
// Written over what is there, so that a command that runs meanwhile finds its files; then what is no longer used goes.
const { output } = await bundle.write({ dir: BUNDLE, format: "esm", chunkFileNames: "[name].js", sourcemap: false });
await bundle.close();
const written = new Set(output.map(({ fileName }) => fileName));
for (const file of readdirSync(BUNDLE)) if (!written.has(file)) rmSync(join(BUNDLE, file));
