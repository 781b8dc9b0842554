/** The programs that read capture files beside ours, and how each is asked. */
import { type Command, versionOf } from "../command.ts";
import type { Absent } from "../harness.ts";
import { packageFile, VERSION } from "../root.ts";

/** `vethlab ARGS`, as users call it. */
export function vethlab(...args: string[]): Command {
  return { program: process.execPath, args: [packageFile("bin", "vethlab"), ...args] };
}

export function vethlabVersion(): string {
  return VERSION;
}

/** tcpdump as root would become another user, who may not write into our directory. */
export function tcpdump(...args: string[]): Command {
  return { program: "tcpdump", args: [...(process.getuid?.() === 0 ? ["-Z", "root"] : []), ...args] };
}

export function tcpdumpVersion(): string | Absent {
  return versionOf("tcpdump", ["--version"], /tcpdump version (\S+)/, "apt-get install tcpdump");
}

export function tsharkVersion(): string | Absent {
  return versionOf("tshark", ["--version"], /TShark \(Wireshark\) ([\d.]+\d)/, "apt-get install tshark");
}

export function editcapVersion(): string | Absent {
  return versionOf("editcap", ["--version"], /Editcap \(Wireshark\) ([\d.]+\d)/, "apt-get install wireshark-common");
}

export function capinfosVersion(): string | Absent {
  return versionOf("capinfos", ["--version"], /Capinfos \(Wireshark\) ([\d.]+\d)/, "apt-get install wireshark-common");
}

/** The first Python that has Scapy: Debian's package belongs to /usr/bin/python3, whatever else is on PATH. */
export function findScapy(): { python: string; version: string } | Absent {
  const ask = "import scapy; print('scapy', scapy.VERSION)";
  for (const python of ["python3", "/usr/bin/python3"]) {
    const version = versionOf(python, ["-c", ask], /^scapy (\S+)/, "apt-get install python3-scapy");
    if (typeof version === "string") return { python, version };
  }
  return { absent: "apt-get install python3-scapy" };
}

export function scapyVersion(): string | Absent {
  const found = findScapy();
  return "absent" in found ? found : found.version;
}

/** A program in Python; the name `utils` is scapy.utils. */
export function scapy(program: string, ...args: string[]): Command {
  const found = findScapy();
  const python = "absent" in found ? "python3" : found.python;
  return { program: python, args: ["-c", `import sys\nfrom scapy import utils\n${program}`, ...args] };
}
