/** gopacket: built on the spot when Go and the package are there, as Debian installs them or in the user's GOPATH. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Absent } from "./harness.ts";
import { packageFile } from "./root.ts";

const PACKAGE = join("src", "github.com", "google", "gopacket");
const REMEDY = "apt-get install golang-go golang-github-google-gopacket-dev";

/** Programs that have been built already, by directory: once a run is enough. */
const built = new Map<string, string | Absent>();

/** Builds `bench/peers/go/gopacket.go` into the directory and returns the program's path. */
export function buildGo(workdir: string): string | Absent {
  let result = built.get(workdir);
  if (result === undefined) {
    result = tryBuild(workdir);
    built.set(workdir, result);
  }
  return result;
}

function tryBuild(workdir: string): string | Absent {
  const source = packageFile("bench", "peers", "go", "gopacket.go");
  if (!existsSync(source)) return { absent: "its source is only in the repository" };
  const places = [...(process.env.GOPATH?.split(":") ?? []), join(homedir(), "go"), "/usr/share/gocode"];
  const gopath = places.find((place) => existsSync(join(place, PACKAGE, "parser.go")));
  if (gopath === undefined) return { absent: REMEDY };
  const program = join(workdir, "gopacket");
  // Without modules: nothing is fetched, and what is compiled is what the distribution has tested.
  const env = { ...process.env, GO111MODULE: "off", GOPATH: gopath, GOCACHE: join(workdir, "go-cache"), GOFLAGS: "" };
  const args = ["build", "-ldflags", `-X main.version=${versionOf(gopath)}`, "-o", program, source];
  const { error, status, stderr } = spawnSync("go", args, { encoding: "utf8", env });
  if (error) return { absent: REMEDY };
  if (status !== 0) return { absent: `go cannot build ${source}: ${stderr.trim().split("\n").at(-1) ?? ""}` };
  return program;
}

/** From Debian's record of the package; the sources themselves do not say. */
function versionOf(gopath: string): string {
  if (gopath !== "/usr/share/gocode") return "unknown";
  try {
    const status = readFileSync("/var/lib/dpkg/status", "utf8");
    return /^Package: golang-github-google-gopacket-dev\n(?:.+\n)*?Version: (.+)$/m.exec(status)?.[1] ?? "unknown";
  } catch {
    return "unknown";
  }
}
