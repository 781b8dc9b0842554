/** Where the package lies, seen from the built code or from the sources. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [root, manifest] = find(dirname(fileURLToPath(import.meta.url)));

/** The version in vethlab's package.json. */
export const VERSION = manifest.version;

/** Path of a file or directory of the package. */
export function packageFile(...path: string[]): string {
  return join(root, ...path);
}

/** The nearest directory above that holds vethlab's package.json, and what it says. */
function find(directory: string): [string, { version: string }] {
  for (let at = directory; ; at = dirname(at)) {
    try {
      const found = JSON.parse(readFileSync(join(at, "package.json"), "utf8")) as { name?: string; version: string };
      if (found.name === "vethlab") return [at, found];
    } catch {
      // No package.json here; look further up.
    }
    if (at === dirname(at)) return [directory, { version: "unknown" }];
  }
}
