/**
 * The benchmark as JavaScript: its workers are processes of their own, which Node 20 cannot start from TypeScript. Built
 * from the sources under test, not taken from dist/, which may be older.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds bench/ and packets/ and returns the directory that they lie in. */
export function build(): string {
  // Under node_modules, where packages are found and Git and biome do not look.
  const outDir = join(root, "node_modules", ".cache", "vethlab-test-bench");
  mkdirSync(outDir, { recursive: true });
  const config = join(outDir, "tsconfig.json");
  const compilerOptions = {
    rootDir: root,
    outDir,
    typeRoots: [join(root, "node_modules", "@types")],
    declaration: false,
    incremental: true,
    tsBuildInfoFile: join(outDir, "tsbuildinfo"),
  };
  const wire = ["bench/wire/sender.ts", "bench/wire/receiver.ts"];
  const scripts = ["bench/main.ts", "bench/worker.ts", "bench/peers/bring-up.ts", ...wire];
  const files = [...scripts, "types/buffer-layout.d.ts"].map((file) => join(root, file));
  writeFileSync(config, JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, include: [], files }));
  writeFileSync(join(outDir, "package.json"), JSON.stringify({ type: "module" }));
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", config], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the benchmark does not build:\n${stdout}`);
  const bundler = spawnSync(process.execPath, [join(root, "scripts/lib/bundle.js"), outDir], { encoding: "utf8" });
  if (bundler.status !== 0) throw new Error(`the benchmark is not bundled:\n${bundler.stderr}`);
  return outDir;
}
