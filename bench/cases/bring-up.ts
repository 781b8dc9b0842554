/**
 * Networks brought up and taken away, whole process. Each contender runs in a network, mount and user namespace of its
 * own, so that nothing is done to the machine's network, and no root is needed. The kernel removes namespaces in the
 * background after a process has ended: everybody waits for that, untimed, before the next begins.
 */
import { fileURLToPath } from "node:url";
import { type Command, output, time, versionOf } from "../command.ts";
import type { Absent, Case, Contender } from "../harness.ts";
import { wholeProcess } from "../whole-process.ts";
import { vethlabVersion } from "./sniffers.ts";

const SIZES = [1, 10, 100, 1000] as const;
/** A process of `ip` for every step: a thousand namespaces would take half a minute. */
const MOST_FOR_IP = 100;
const HOSTS = 100;
const NS_PER_MS = 1e6;
/** ../peers/bring-up.ts, put together in one bundle as the command is. */
const SCRIPT = fileURLToPath(new URL("../../bundle/bring-up.js", import.meta.url));

export const bringUpCases: readonly Case[] = [
  ...SIZES.map(
    (count): Case => ({
      name: `bring-up/${count}`,
      about: `${count.toLocaleString("en")} ${count === 1 ? "namespace" : "namespaces"} with a veth pair each, all up, and away again; whole process`,
      unit: "ms",
      rounds: 7,
      prepare: async () => {},
      contenders: [ours("pairs", count), ...(count <= MOST_FOR_IP ? [ipScript(count)] : [])],
    }),
  ),
  {
    name: "bring-up/bridge",
    about: `${HOSTS} addressed hosts on a kernel bridge, all up, and away again; whole process`,
    unit: "ms",
    rounds: 5,
    prepare: async () => {},
    contenders: [ours("bridge", HOSTS), mininet(HOSTS)],
  },
];

function ours(what: string, count: number): Contender {
  const command = inside(process.execPath, SCRIPT, what, String(count));
  return network("vethlab", vethlabVersion, command, () => output({ ...command, args: [...command.args, "check"] }));
}

/** As a shell script does it: names for the namespaces (on a /run of their own), then `ip` for each step. */
function ipScript(count: number): Contender {
  const script = (end: string) => `mount -t tmpfs tmpfs /run
    for i in $(seq ${count}); do
      ip netns add n$i
      ip -n n$i link add name ve0 type veth peer name ve1
      for port in lo ve0 ve1; do ip -n n$i link set dev $port up; done
    done
    ${end}
    for i in $(seq ${count}); do ip netns delete n$i; done`;
  const check = `for i in $(seq ${count}); do ip -n n$i -o link show up type veth | grep -c LOWER_UP; done | grep -cx 2`;
  const version = () => versionOf("ip", ["-V"], /iproute2-([^,\s]+)/, "apt-get install iproute2");
  return network("ip", version, inside("sh", "-ec", script("")), async () => {
    const carrying = (await output(inside("sh", "-ec", script(check)))).trim();
    return `${carrying} namespaces with a pair that carries\n`;
  });
}

function mininet(hosts: number): Contender {
  const arguments_ = `--topo single,${hosts} --switch lxbr --controller none`;
  // Its bridge is made through /sys, which has to be this namespace's.
  const script = (rest: string) => `mount -t sysfs sysfs /sys; ip link set dev lo up; exec mn ${arguments_} ${rest}`;
  // Its bridge is made by brctl: without that it is there, and fails.
  const version = () => {
    const how = "apt-get install mininet bridge-utils";
    const bridge = versionOf("brctl", ["--version"], /([\d.]+)/, how);
    return typeof bridge === "string" ? versionOf("mn", ["--version"], /^([\d.]+)/m, how) : bridge;
  };
  return network("mininet", version, inside("sh", "-ec", script("--test none")), async () => {
    // Ports are reported as up a little later than they carry.
    const commands = `h1 ping -c 1 -W 10 -q h${hosts}\nsh sleep 1; echo PORTS $(ip -o link show master s1 | grep -c "state UP")\n`;
    const post = `--test none --post /dev/stdin <<'END'\n${commands}END\n`;
    const text = await output(inside("sh", "-ec", `${script(post)}`.replace("exec mn", "mn 2>&1")));
    const reaches = / 1 received/.test(text) ? "reaches" : "does not reach";
    return `${/PORTS (\d+)/.exec(text)?.[1] ?? "no"} ports up, the first host ${reaches} the last\n`;
  });
}

function network(
  who: string,
  version: () => string | Absent,
  command: Command,
  check: () => Promise<string>,
): Contender {
  const settle = async () => void (await time(inside(process.execPath, SCRIPT, "settle")));
  return wholeProcess({
    who,
    version,
    command: () => command,
    operations: NS_PER_MS,
    async check() {
      const seen = await check();
      await settle();
      return seen.trim();
    },
    after: settle,
  });
}

function inside(program: string, ...args: string[]): Command {
  return { program: "unshare", args: ["--user", "--map-root-user", "--net", "--mount", "--", program, ...args] };
}
