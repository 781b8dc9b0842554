/** Cases that are a loop over a corpus: each contender a process that reads the corpus's file (see worker.ts). */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "../c-program.ts";
import { type Corpus, writeCorpus } from "../corpus.ts";
import { buildGo } from "../go-program.ts";
import type { Absent, Case, Contender, Session } from "../harness.ts";
import { openProcess } from "../process-session.ts";
import { packageFile } from "../root.ts";
import { findScapy } from "./sniffers.ts";

export interface Loop {
  readonly name: string;
  readonly about: string;
  readonly unit: string;
  /** The bytes to work on; the same at every call. */
  corpus(): Corpus;
  /** The kind of work, if not the case's name: `checksum` for all lengths. */
  readonly work?: string;
  /** Contenders in JavaScript, vethlab first. */
  readonly peers: readonly string[];
  /** The C program that does this work, if there is one: its name in bench/peers/c. */
  readonly c?: string;
  /** True if gopacket does it too (bench/peers/go). */
  readonly gopacket?: boolean;
  /** True if Scapy does it too (bench/peers/scapy). */
  readonly scapy?: boolean;
}

export function loopCase({
  name,
  about,
  unit,
  corpus,
  work = name,
  peers,
  c,
  gopacket = false,
  scapy = false,
}: Loop): Case {
  const file = `${name.replaceAll("/", "-")}.corpus`;
  const [ours, ...others] = peers.map((who) => worker(who, work, file));
  return {
    name,
    about,
    unit,
    async prepare(workdir) {
      writeCorpus(join(workdir, file), corpus());
    },
    contenders: [
      ...(ours ? [ours] : []),
      ...(c === undefined ? [] : [cProgram(c, work, file)]),
      ...(gopacket ? [goProgram(work, file)] : []),
      ...others,
      ...(scapy ? [scapyProgram(work, file)] : []),
    ],
  };
}

function worker(who: string, work: string, file: string): Contender {
  const script = fileURLToPath(new URL("../worker.js", import.meta.url));
  return {
    who,
    open: (workdir) => openProcess(process.execPath, ["--expose-gc", script, who, work, join(workdir, file)]),
  };
}

function cProgram(name: string, work: string, file: string): Contender {
  return {
    who: "c",
    async open(workdir): Promise<Session | Absent> {
      const program = compile(name, workdir);
      return typeof program === "string" ? openProcess(program, [work, join(workdir, file)]) : program;
    },
  };
}

function goProgram(work: string, file: string): Contender {
  return {
    who: "gopacket",
    async open(workdir): Promise<Session | Absent> {
      const program = buildGo(workdir);
      return typeof program === "string" ? openProcess(program, [work, join(workdir, file)]) : program;
    },
  };
}

function scapyProgram(work: string, file: string): Contender {
  return {
    who: "scapy",
    async open(workdir): Promise<Session | Absent> {
      const found = findScapy();
      if ("absent" in found) return found;
      const script = packageFile("bench", "peers", "scapy", "parse.py");
      if (!existsSync(script)) return { absent: "its source is only in the repository" };
      return openProcess(found.python, [script, work, join(workdir, file)]);
    },
  };
}
