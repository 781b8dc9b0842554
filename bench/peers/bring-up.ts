/**
 * A network as a whole process: brought up, looked at if asked, and taken away. `node bring-up.js pairs N`: N namespaces
 * with a veth pair each, both ends and lo up. `node bring-up.js bridge N`: N hosts, each a namespace with one end of a
 * veth pair, addressed; the other ends in a bridge; all up. `check` behind it prints what has come of it.
 * `node bring-up.js settle` returns when the kernel has taken away what ended before.
 */
import { Lab } from "../../src/lab/lab.ts";
import type { LabNamespace } from "../../src/lab/namespace.ts";
import { InterfaceFlag, queryInterfaces } from "../../src/linux/interface.ts";

/** How long the kernel may take to clean up, in ms. */
const PATIENCE = 60_000;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));

function main([what = "", count = "0", check = ""]: string[]): void {
  using lab = Lab.create();
  if (what === "settle") settle();
  else if (what === "pairs") pairs(lab, Number(count), check !== "");
  else bridge(lab, Number(count), check !== "");
}

function pairs(lab: Lab, count: number, check: boolean): void {
  const namespaces = lab.addNamespaces(Array.from({ length: count }, (_, i) => `n${i}`));
  lab.addPairs(
    namespaces.map((namespace) => [
      { name: "ve0", namespace, up: true },
      { name: "ve1", namespace, up: true },
    ]),
  );
  if (!check) return;
  const carrying = namespaces.filter((namespace) => ["lo", "ve0", "ve1"].every((name) => carries(namespace, name)));
  process.stdout.write(`${carrying.length} namespaces with a pair that carries\n`);
}

function bridge(lab: Lab, count: number, check: boolean): void {
  const [wires, ...hosts] = lab.addNamespaces(["switch", ...Array.from({ length: count }, (_, i) => `h${i + 1}`)]);
  lab.addBridge("s1", wires!);
  lab.addPairs(
    hosts.map((namespace, i) => [
      { name: `s1-eth${i + 1}`, namespace: wires!, bridge: "s1", up: true },
      { name: `h${i + 1}-eth0`, namespace, address: `10.0.0.${i + 1}/8`, up: true },
    ]),
  );
  if (!check) return;
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const ping = ["-c", "1", "-W", "10", "-q", `10.0.0.${count}`];
  const reached = hosts[0]!.kernel.run(() => spawnSync("ping", ping)).status === 0;
  // The kernel reports an interface as up a little later than it carries.
  const ports = () => wires!.query<{ operstate: string }>("link", "show", "master", "s1");
  let up = 0;
  for (let i = 0; i < 50 && up < count; i++) {
    Atomics.wait(PAUSE, 0, 0, i === 0 ? 0 : 100);
    up = ports().filter(({ operstate }) => operstate === "UP").length;
  }
  process.stdout.write(`${up} ports up, the first host ${reached ? "reaches" : "does not reach"} the last\n`);
}

function carries(namespace: LabNamespace, name: string): boolean {
  return namespace.kernel.run(() =>
    queryInterfaces((query) => (name === "lo" ? (query.flags(name) & InterfaceFlag.Up) !== 0 : query.carries(name))),
  );
}

/**
 * The kernel removes namespaces one batch after the other, in the background: when the end of a cable whose other end lay
 * in a namespace that went last is gone, everything before it is gone too.
 */
function settle(): void {
  const gone = Lab.create();
  const stays = Lab.create();
  const here = stays.addNamespace("stays");
  stays.addPair({ name: "ve0", namespace: here }, { name: "ve1", namespace: gone.addNamespace("gone") });
  gone.close();
  const there = () => here.kernel.run(() => queryInterfaces((query) => query.index("ve0")));
  for (const end = Date.now() + PATIENCE; there() !== 0 && Date.now() < end; ) Atomics.wait(PAUSE, 0, 0, 5);
  stays.close();
}

main(process.argv.slice(2));
