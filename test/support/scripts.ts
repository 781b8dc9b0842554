/** The scripts of conformance/ as tests: run once, many at a time, and asked one by one what became of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  DEVICE_KINDS,
  type DeviceKind,
  isBad,
  judgeAll,
  parseScripts,
  type Script,
  type Verdict,
} from "../../src/script/index.ts";
import { privilege } from "./privilege.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** All scripts below a folder of the checkout, their files named from its root. */
export function readScripts(folder: string): Script[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".frames"))
    .sort()
    .flatMap((name) => parseScripts(readFileSync(join(ROOT, folder, name), "utf8"), join(folder, name)));
}

/** What scripts can be run on here: everything, or the simulated wire alone. */
export function devicesHere(): readonly DeviceKind[] {
  return privilege === "none" ? ["simulated"] : DEVICE_KINDS;
}

/** Real wires are run many at a time, on a machine that others use as well: who fails there is asked once more, alone. */
let last: Promise<unknown> = Promise.resolve();
function again(verdict: Verdict): Verdict | Promise<Verdict> {
  if (verdict.device === "simulated" || (!isBad(verdict) && verdict.result !== "stale")) return verdict;
  const next = last.then(() => judgeAll([verdict.script], [verdict.device]));
  last = next;
  return next.then(([second]) => second ?? verdict);
}

/** One run of all scripts on all devices, begun when it is first asked for. */
export class ScriptRun {
  readonly scripts: readonly Script[];
  readonly kinds: readonly DeviceKind[];
  #verdicts: Promise<Verdict[]> | null = null;

  constructor(scripts: readonly Script[], kinds: readonly DeviceKind[] = devicesHere()) {
    this.scripts = scripts;
    this.kinds = kinds;
  }

  verdicts(): Promise<Verdict[]> {
    this.#verdicts ??= judgeAll(this.scripts, this.kinds).then((all) => Promise.all(all.map(again)));
    return this.#verdicts;
  }

  async verdict(script: Script, kind: DeviceKind): Promise<Verdict> {
    const all = await this.verdicts();
    return all.find((verdict) => verdict.script === script && verdict.device === kind)!;
  }
}
