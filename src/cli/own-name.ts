import { realpathSync } from "node:fs";
import { findProgram } from "../linux/process.ts";

/** How to type this command again: by its name where the PATH finds it, else by its path. */
export function ownName(): string {
  const script = process.argv[1] ?? "vethlab";
  const found = findProgram("vethlab");
  return found !== null && realpathSync(found) === realpathSync(script) ? "vethlab" : script;
}
