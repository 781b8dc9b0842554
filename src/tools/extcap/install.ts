/** Putting the program where Wireshark looks for its capture programs, and taking it away again. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The file's name in the folder. */
const NAME = "vethlab";
/** In its second line: what bears it is ours to replace and to remove. */
const MARK = "# Made by `vethlab extcap install`; `vethlab extcap uninstall` removes it.";

/** What stands in the way, in one line. */
export interface InstallError {
  readonly error: string;
}

/**
 * Writes the program that Wireshark starts.
 * @param command what it runs, with its arguments: node, and the vethlab command.
 * @returns its path, or why there is none.
 */
export function install(folder: string, command: readonly string[]): string | InstallError {
  const path = join(folder, NAME);
  if (existsSync(path) && !isOurs(path))
    return { error: `${path} is there already, and was not made by vethlab: remove it first` };
  try {
    mkdirSync(folder, { recursive: true });
    // Under another name first: Wireshark may be looking. A name that begins with a dot it passes by.
    const unfinished = join(folder, `.${NAME}.${process.pid}`);
    writeFileSync(unfinished, `#!/bin/sh\n${MARK}\nexec ${command.map(quoted).join(" ")} extcap "$@"\n`);
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, path);
    return path;
  } catch (error) {
    return { error: `cannot write ${path}: ${(error as Error).message}` };
  }
}

/** Removes it. @returns its path, null if it was not there, or why it stays. */
export function uninstall(folder: string): string | null | InstallError {
  const path = join(folder, NAME);
  if (!existsSync(path)) return null;
  if (!isOurs(path)) return { error: `${path} was not made by vethlab: left alone` };
  try {
    rmSync(path);
    return path;
  } catch (error) {
    return { error: `cannot remove ${path}: ${(error as Error).message}` };
  }
}

/**
 * The personal folder for capture programs, out of what `tshark -G folders` prints: from Wireshark 4.2 on it says so;
 * before, it is `extcap` within the personal configuration's folder. Null if neither is told.
 */
export function personalFolder(folders: string): string | null {
  const named = /^Personal Extcap path:\s+(\S.*)$/im.exec(folders)?.[1];
  if (named !== undefined) return named;
  const configuration = /^Personal configuration:\s+(\S.*)$/im.exec(folders)?.[1];
  return configuration === undefined ? null : join(configuration, "extcap");
}

function isOurs(path: string): boolean {
  try {
    return readFileSync(path, "utf8").split("\n")[1] === MARK;
  } catch {
    return false;
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
