/** C contenders: compiled on the spot when there is a compiler, with -O2 and nothing else. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Absent } from "./harness.ts";
import { packageFile } from "./root.ts";

/** Paths of what has been compiled already, by source and directory: once a run is enough. */
const compiled = new Map<string, string | Absent>();

/** Compiles `bench/peers/c/NAME.c` into the directory and returns the program's path. */
export function compile(name: string, workdir: string): string | Absent {
  const source = packageFile("bench", "peers", "c", `${name}.c`);
  const program = join(workdir, name);
  let result = compiled.get(program);
  if (result === undefined) {
    result = existsSync(source) ? tryCompilers(source, program) : { absent: "its source is only in the repository" };
    compiled.set(program, result);
  }
  return result;
}

function tryCompilers(source: string, program: string): string | Absent {
  for (const compiler of [process.env.CC, "cc", "gcc", "clang"]) {
    if (!compiler) continue;
    const { error, status, stderr } = spawnSync(compiler, ["-O2", "-o", program, source], { encoding: "utf8" });
    if (status === 0) return program;
    if (!error) return { absent: `${compiler} cannot compile ${source}: ${stderr.trim().split("\n")[0] ?? ""}` };
  }
  return { absent: "no C compiler: apt-get install gcc libc6-dev" };
}
