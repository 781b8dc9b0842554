/**
 * Capture files: reading one (every record's header, to count the frames) and copying one frame by frame into another,
 * whole process. A copy is checked as tcpdump or editcap reads it, made classic pcap again: the frames and their times.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type CaptureKind, writeCaptureFile } from "../capture-file.ts";
import { type Command, digest, output } from "../command.ts";
import type { Absent, Case, Contender } from "../harness.ts";
import { wholeProcess } from "../whole-process.ts";
import {
  capinfosVersion,
  editcapVersion,
  scapy,
  scapyVersion,
  tcpdump,
  tcpdumpVersion,
  vethlab,
  vethlabVersion,
} from "./sniffers.ts";

const FRAMES = 1e6;
const KINDS = ["pcap", "pcapng"] as const;

export const fileCases: readonly Case[] = [...KINDS.map(reading), ...KINDS.map(writing)];

function reading(kind: CaptureKind): Case {
  const name = kind === "pcap" ? "RawPcapReader" : "RawPcapNgReader";
  return {
    name: `file/read-${kind}`,
    about: `a ${kind} file of a million frames read and counted, whole process`,
    unit: "ns/frame",
    rounds: 7,
    prepare: async (workdir) => {
      writeCaptureFile(join(workdir, `in.${kind}`), kind, FRAMES);
    },
    contenders: [
      reader("vethlab", kind, vethlabVersion, (file) => vethlab("sniff", "--count", "-r", file)),
      reader("tcpdump", kind, tcpdumpVersion, (file) => tcpdump("--count", "-r", file)),
      reader("capinfos", kind, capinfosVersion, (file) => ({
        program: "capinfos",
        args: ["-c", "-M", "-T", "-r", file],
      })),
      reader("scapy", kind, scapyVersion, (file) =>
        scapy(`print(sum(1 for _ in utils.${name}(sys.argv[1])), "packets")`, file),
      ),
    ],
  };
}

function reader(
  who: string,
  kind: CaptureKind,
  version: () => string | Absent,
  command: (file: string) => Command,
): Contender {
  return wholeProcess({
    who,
    version,
    command: (workdir) => command(join(workdir, `in.${kind}`)),
    operations: FRAMES,
    check: async (workdir) =>
      /\b(\d+)\b(?!.*\d)/s.exec(await output(command(join(workdir, `in.${kind}`))))?.[1] ?? "none",
  });
}

function writing(kind: CaptureKind): Case {
  return {
    name: `file/write-${kind}`,
    about: `a pcap file of a million frames copied into a ${kind} file, whole process`,
    unit: "ns/frame",
    rounds: 7,
    prepare: async (workdir) => {
      writeCaptureFile(join(workdir, "in.pcap"), "pcap", FRAMES);
    },
    contenders: [
      writer("vethlab", kind, vethlabVersion, (from, to) => vethlab("sniff", "-r", from, "-w", to)),
      // tcpdump writes classic pcap only.
      ...(kind === "pcap"
        ? [writer("tcpdump", kind, tcpdumpVersion, (from, to) => tcpdump("-r", from, "-w", to))]
        : []),
      writer("editcap", kind, editcapVersion, (from, to) => ({ program: "editcap", args: ["-F", kind, from, to] })),
    ],
  };
}

function writer(
  who: string,
  kind: CaptureKind,
  version: () => string | Absent,
  command: (from: string, to: string) => Command,
): Contender {
  const target = (workdir: string) => join(workdir, `${who}.${kind}`);
  const timed = (workdir: string) => command(join(workdir, "in.pcap"), target(workdir));
  return wholeProcess({
    who,
    version,
    command: timed,
    operations: FRAMES,
    async check(workdir) {
      await output(timed(workdir));
      const judge =
        typeof tcpdumpVersion() === "string"
          ? tcpdump("-r", target(workdir), "-w", "-")
          : { program: "editcap", args: ["-F", "pcap", target(workdir), "-"] };
      return (await digest(judge)).sha256;
    },
    // An old file in place would have to be emptied within the next run's time.
    after: async (workdir) => rmSync(target(workdir)),
  });
}
