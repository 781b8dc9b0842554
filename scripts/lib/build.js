import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.js";
import { requireWritable } from "./dependencies.js";
import { ROOT } from "./paths.js";
import { SetUpError, step } from "./report.js";

const DIST = join(ROOT, "dist");
const BUNDLER = join(ROOT, "scripts/lib/bundle.js");
/** Holds the hash of what dist/ was built from. */
const STAMP = join(DIST, ".built-from");
const SOURCES = ["packets", "src", "bench", "fuzz", "types"];
const SETTINGS = ["tsconfig.json", "tsconfig.build.json", "package.json", "package-lock.json", "scripts/lib/bundle.js"];

/** True if dist/ was built from the sources as they are. */
export function isBuilt() {
  try {
    return readFileSync(STAMP, "utf8") === hashSources();
  } catch {
    return false;
  }
}

/** Compiles the sources to dist/, and bundles them. Sources with errors leave dist/ as it was, and no stamp. */
export async function build(lock) {
  requireWritable(existsSync(DIST) ? DIST : ROOT);
  rmSync(STAMP, { force: true });
  const from = hashSources();
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  // Not incremental: it takes a second, and a half-deleted dist/ is made whole again.
  const options = ["-p", "tsconfig.build.json", "--incremental", "false", "--noEmitOnError"];
  const { code, output } = await step("building", () => run(process.execPath, [tsc, ...options], { cwd: ROOT, lock }));
  if (code !== 0) throw new SetUpError("the build failed; what tsc said is below", output);
  for (const file of builtFiles()) {
    if (!existsSync(join(ROOT, file.replace(/(\.d\.ts|\.js|\.js\.map)$/, ".ts")))) rmSync(join(DIST, file));
  }
  const bundled = await run(process.execPath, [BUNDLER], { cwd: ROOT, lock });
  if (bundled.code !== 0)
    throw new SetUpError("bundling the build failed; what rolldown said is below", bundled.output);
  writeFileSync(STAMP, from);
}

/** Compiled files, relative to dist/. */
function builtFiles() {
  return SOURCES.flatMap((folder) => filesBelow(join(DIST, folder), folder)).filter((file) =>
    /\.(d\.ts|js|js\.map)$/.test(file),
  );
}

function hashSources() {
  const hash = createHash("sha256");
  for (const file of [...SETTINGS, ...SOURCES.flatMap((folder) => filesBelow(join(ROOT, folder), folder))]) {
    hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest("hex");
}

function filesBelow(folder, name) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${name}/${entry.name}`;
      if (entry.isDirectory()) return filesBelow(join(folder, entry.name), path);
      return entry.isFile() ? [path] : [];
    });
}
