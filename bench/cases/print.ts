/**
 * A capture file as text: `-n -e -r`, the whole process, a line a frame, thrown away at the end. tcpdump prints the same
 * bytes as we do. Its C library looks at /etc/localtime for every line unless TZ is set: it is timed both ways.
 * tshark's lines are its own, so of them only the number is compared.
 */
import { join } from "node:path";
import { writeCaptureFile } from "../capture-file.ts";
import { type Command, digest } from "../command.ts";
import type { Absent, Case, Contender } from "../harness.ts";
import { wholeProcess } from "../whole-process.ts";
import { tcpdump, tcpdumpVersion, tsharkVersion, vethlab, vethlabVersion } from "./sniffers.ts";

const FRAMES = 1e6;
const FILE = "print.pcap";

const fields = {
  unit: "ns/line",
  rounds: 7,
  prepare: async (workdir) => {
    writeCaptureFile(join(workdir, FILE), "pcap", FRAMES);
  },
} satisfies Partial<Case>;

export const printCases: readonly Case[] = [
  {
    ...fields,
    name: "print",
    about: "a million frames as text, with Ethernet headers (-n -e -r), whole process, the same bytes",
    contenders: [
      printer("vethlab", vethlabVersion, (file) => vethlab("sniff", "-n", "-e", "-r", file), true),
      printer("tcpdump", tcpdumpVersion, (file) => tcpdump("-n", "-e", "-r", file), true),
      printer(
        "tcpdump, TZ set",
        tcpdumpVersion,
        (file) => ({ ...tcpdump("-n", "-e", "-r", file), env: { TZ: process.env.TZ ?? ":/etc/localtime" } }),
        true,
      ),
    ],
  },
  {
    ...fields,
    name: "print-summary",
    about: "a million frames as text (-n -r), whole process; each program's own lines",
    rounds: 3,
    contenders: [
      printer("vethlab", vethlabVersion, (file) => vethlab("sniff", "-n", "-r", file), false),
      printer("tshark", tsharkVersion, (file) => ({ program: "tshark", args: ["-n", "-r", file] }), false),
    ],
  },
];

function printer(
  who: string,
  version: () => string | Absent,
  command: (file: string) => Command,
  sameBytes: boolean,
): Contender {
  return wholeProcess({
    who,
    version,
    command: (workdir) => command(join(workdir, FILE)),
    operations: FRAMES,
    async check(workdir) {
      const { lines, sha256 } = await digest(command(join(workdir, FILE)));
      return sameBytes ? `${lines} lines, SHA-256 ${sha256}` : `${lines} lines`;
    },
  });
}
