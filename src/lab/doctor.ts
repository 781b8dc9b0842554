/** What this machine allows: each item tried for real where that is possible, with the exact fix where it is not. */
import { spawnSync } from "node:child_process";
import { release } from "node:os";
import { hasCap } from "../link/cap.ts";
import { hasRawSocket } from "../link/raw-icmp.ts";
import { libpcapVersion } from "../linux/libpcap.ts";
import { canBuildLabs, isRootless, tryRootless } from "../linux/privilege.ts";
import { findProgram } from "../linux/process.ts";
import { Lab } from "./lab.ts";

export interface Finding {
  /** What was looked at. */
  readonly what: string;
  readonly ok: boolean;
  /** Without it the demo, the labs and the tools do not work; the rest adds something. */
  readonly required: boolean;
  readonly detail: string;
  /** What to do; empty when nothing needs doing. */
  readonly fix: string;
}

const MIN_NODE = [20, 19] as const;

/** Looks at everything. The machine is left as it was. */
export function examine(): Finding[] {
  return [
    nodeVersion(),
    { what: "kernel", ok: true, required: true, detail: `Linux ${release()}`, fix: "" },
    iproute(),
    privileges(),
    packetSockets(),
    libpcap(),
    optional("cap", hasCap(), "libpcap as a second kind of link: `ping --via cap`", packageFix("libpcap-dev g++ make")),
    optional(
      "raw-socket",
      hasRawSocket(),
      "the kernel's IP stack to compare with: `ping --via kernel`",
      packageFix("g++ make"),
    ),
    program("ping", "the demo shows the kernel's own ping", "apt-get install iputils-ping", ["-V"]),
    program("tcpdump", "to compare our sniffer with", "apt-get install tcpdump", ["--version"]),
    program("tshark", "to compare our decoder with", "apt-get install tshark", ["--version"]),
  ];
}

const packageFix = (needs: string) => `apt-get install ${needs}, then \`npm run setup\` in vethlab's folder`;

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  return {
    what: "node",
    ok,
    required: true,
    detail: process.version,
    fix: ok ? "" : `vethlab needs Node ${MIN_NODE.join(".")} or later`,
  };
}

function iproute(): Finding {
  const path = findProgram("ip");
  if (path === null)
    return { what: "iproute2", ok: false, required: true, detail: "`ip` is missing", fix: "apt-get install iproute2" };
  return { what: "iproute2", ok: true, required: true, detail: firstLine(path, ["-V"]), fix: "" };
}

function privileges(): Finding {
  const what = "labs";
  if (canBuildLabs()) {
    const detail = isRootless() || process.getuid?.() !== 0 ? "in a user namespace" : "as root";
    return { what, ok: true, required: true, detail: `namespaces and veth pairs can be made, ${detail}`, fix: "" };
  }
  const verdict = tryRootless();
  if (verdict.ok)
    return {
      what,
      ok: true,
      required: true,
      detail: "namespaces and veth pairs can be made without root, in a user namespace",
      fix: "",
    };
  return { what, ok: false, required: true, detail: verdict.reason, fix: verdict.fix };
}

function packetSockets(): Finding {
  const what = "packet sockets";
  if (!canBuildLabs())
    return {
      what,
      ok: true,
      required: true,
      detail: "tried inside a lab only: `vethlab shell -- vethlab doctor`",
      fix: "",
    };
  try {
    using pair = Lab.pair();
    const link = pair.ve0.openLink();
    link.close();
    return { what, ok: true, required: true, detail: "AF_PACKET with a TPACKET_V2 ring, on a veth pair", fix: "" };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { what, ok: false, required: true, detail, fix: "the kernel needs CONFIG_PACKET and CONFIG_VETH" };
  }
}

function libpcap(): Finding {
  const version = libpcapVersion();
  const what = "libpcap";
  if (version === null)
    return {
      what,
      ok: false,
      required: false,
      detail: "missing: `sniff` takes no filter expression",
      fix: "apt-get install libpcap0.8",
    };
  return { what, ok: true, required: false, detail: `${version}, for filter expressions`, fix: "" };
}

function optional(what: string, ok: boolean, use: string, fix: string): Finding {
  return { what, ok, required: false, detail: ok ? use : `not built; it would give ${use}`, fix: ok ? "" : fix };
}

function program(name: string, use: string, fix: string, version: readonly string[]): Finding {
  const path = findProgram(name);
  if (path === null) return { what: name, ok: false, required: false, detail: `missing; ${use}`, fix };
  return { what: name, ok: true, required: false, detail: firstLine(path, version), fix: "" };
}

function firstLine(path: string, args: readonly string[]): string {
  const result = spawnSync(path, args, { encoding: "utf8" });
  return `${result.stdout ?? ""}\n${result.stderr ?? ""}`.trim().split("\n")[0] ?? "";
}
