/** Running tcpdump on files as root of whatever kind. */
import { readFileSync } from "node:fs";

/**
 * The command that reads a capture with tcpdump. Root's tcpdump becomes another user before it reads; `-Z root` keeps it
 * who it is. In a user namespace that an ordinary user made, even that is refused (setgroups is denied there), so it runs
 * as an ordinary user of a further one: `npm test` puts a tcpdump on PATH that does so; vitest started by hand has none.
 */
export function tcpdumpOnFiles(args: readonly string[]): [command: string, args: string[]] {
  if (process.env.VETHLAB_TEST_PRIVILEGE === "userns") return ["tcpdump", [...args]];
  if (setgroupsDenied()) return ["unshare", ["--user", "--map-user=1000", "tcpdump", ...args]];
  return ["tcpdump", ["-Z", "root", ...args]];
}

function setgroupsDenied(): boolean {
  try {
    return readFileSync("/proc/self/setgroups", "utf8").startsWith("deny");
  } catch {
    return false;
  }
}
