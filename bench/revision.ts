/** Another revision of this repository, checked out and built in a directory of its own: for a comparison with this one. */
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { output } from "./command.ts";
import type { Case } from "./harness.ts";
import { packageFile } from "./root.ts";

export interface Revision {
  /** The abbreviated hash and the subject of its commit. */
  readonly name: string;
  /** Its cases, as it was built. */
  readonly cases: readonly Case[];
}

/**
 * Checks a revision out into `directory` and builds it. Nothing is written into this checkout, nor into its repository.
 * @param progress hears what is going on.
 * @throws {Error} with one line that says what is missing.
 */
export async function buildRevision(
  rev: string,
  directory: string,
  progress: (what: string) => void,
): Promise<Revision> {
  const git = (...args: string[]) => output({ program: "git", args: ["-C", packageFile(), ...args] });
  progress(`checking out ${rev}`);
  const commit = await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${rev}^{commit}`).catch(() => {
    throw new Error(
      `there is no revision ${rev} here: name a commit, a branch or a tag (git log --oneline shows some)`,
    );
  });
  const name = (await git("log", "-1", "--format=%h %s", commit.trim())).trim();
  mkdirSync(directory);
  const archive = `${directory}.tar`;
  await git("archive", "--output", archive, commit.trim());
  await output({ program: "tar", args: ["-xf", archive, "-C", directory] });
  if (!existsSync(join(directory, "bench", "cases.ts"))) throw new Error(`${name} has no benchmark to compare with`);
  await installDependencies(directory, progress);
  progress(`building ${name}`);
  const tsc = join(directory, "node_modules", "typescript", "bin", "tsc");
  await output({ program: process.execPath, args: [tsc, "-p", join(directory, "tsconfig.build.json")] });
  // Its command is a bundle, if it is not too old for that.
  const bundler = join(directory, "scripts", "lib", "bundle.js");
  if (existsSync(bundler)) await output({ program: process.execPath, args: [bundler] });
  const built = pathToFileURL(join(directory, "dist", "bench", "cases.js")).href;
  const { CASES } = (await import(built)) as { CASES: readonly Case[] };
  return { name, cases: CASES };
}

/** Ours, if the lock files are the same; otherwise its own, which takes the network. */
async function installDependencies(directory: string, progress: (what: string) => void): Promise<void> {
  const lock = (root: string) => readFileSync(join(root, "package-lock.json"), "utf8");
  if (lock(directory) === lock(packageFile())) {
    symlinkSync(packageFile("node_modules"), join(directory, "node_modules"));
    return;
  }
  progress("installing its dependencies, which differ from ours");
  await output({ program: "npm", args: ["ci", "--prefix", directory, "--no-audit", "--no-fund"] });
}
