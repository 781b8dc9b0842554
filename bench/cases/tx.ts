/**
 * Sending: frames of 60 bytes as fast as one process puts them on a virtual cable at whose other end nobody listens. On
 * such a cable the kernel does the receiver's part within the sender's call. vethlab runs its own `send`; `c` is a loop
 * around sendmmsg; trafgen sends from a ring of its own and past the queueing discipline, as it does unless told.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../c-program.ts";
import type { Absent, Case, Contender, Session } from "../harness.ts";
import { VERSION } from "../root.ts";
import { Agent, number } from "../wire/agent.ts";
import { isQuick, Stage, versionOf } from "../wire/stage.ts";

const FRAMES = 1_000_000;
const QUICK_FRAMES = 100_000;
const CHECK_FRAMES = 1_000;

/** Sends so many frames. @returns the seconds that took. */
type Sender = (count: number) => Promise<number>;

interface Ready {
  readonly version: string;
  readonly send: Sender;
}

function session(stage: Stage, { version, send }: Ready): Session {
  /** Frames that the interface counted while so many were to be sent. */
  const counted = async (count: number): Promise<{ seconds: number; frames: number }> => {
    const before = stage.left.counters().txPackets;
    const seconds = await send(count);
    return { seconds, frames: stage.left.counters().txPackets - before };
  };
  return {
    version,
    warm: async () => void (await send(QUICK_FRAMES)),
    check: async () => `${(await counted(CHECK_FRAMES)).frames} frames`,
    async round(nanoseconds) {
      const { seconds, frames } = await counted(isQuick(nanoseconds) ? QUICK_FRAMES : FRAMES);
      return { value: (seconds * 1e9) / frames, detail: { perSecond: frames / seconds } };
    },
    memory: async () => null,
    close: () => stage.close(),
  };
}

async function vethlab(stage: Stage): Promise<Ready> {
  const agent = await stage.agent(stage.left, "sender", "raw");
  return { version: VERSION, send: async (count) => number(await agent.ask(`${count} max`), "seconds") };
}

async function c(stage: Stage, workdir: string): Promise<Ready | Absent> {
  const program = compile("send", workdir);
  if (typeof program !== "string") return program;
  const agent = new Agent(stage.spawn(stage.left, program, stage.left.name));
  const { version } = await agent.hear();
  return { version: String(version), send: async (count) => number(await agent.ask(String(count)), "seconds") };
}

async function trafgen(stage: Stage, workdir: string): Promise<Ready | Absent> {
  const version = versionOf("trafgen");
  if (version === null) return { absent: "apt-get install netsniff-ng" };
  const config = join(workdir, "trafgen.cfg");
  writeFileSync(config, "{ fill(0xff, 6), 0x02, fill(0x00, 5), 0x88, 0xb5, fill(0x00, 46) }\n");
  const send: Sender = async (count) => {
    const args = ["--dev", stage.left.name, "--conf", config, "--num", String(count), "--cpus", "1", "--no-sock-mem"];
    const child = stage.spawn(stage.left, "trafgen", ...args);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
    }
    await new Promise((resolve) => child.once("close", resolve));
    // Its own measure, of the loop that sends: `0 sec, 766279 usec on CPU0 (500000 packets)`.
    const match = /(\d+) sec, (\d+) usec on CPU/.exec(text);
    if (match === null) throw new Error(`trafgen did not say how long it took: ${text.trim().split("\n").at(-1)}`);
    return Number(match[1]) + Number(match[2]) / 1e6;
  };
  return { version: version.replace(/,.*/, ""), send };
}

function contender(who: string, make: (stage: Stage, workdir: string) => Promise<Ready | Absent>): Contender {
  return {
    who,
    async open(workdir) {
      const stage = Stage.open();
      if (!(stage instanceof Stage)) return stage;
      try {
        const ready = await make(stage, workdir);
        if (!("absent" in ready)) return session(stage, ready);
        stage.close();
        return ready;
      } catch (error) {
        stage.close();
        throw error;
      }
    },
  };
}

export const txCases: readonly Case[] = [
  {
    name: "tx",
    about: "1,000,000 frames of 60 bytes sent by one process: time a frame",
    unit: "ns/frame",
    rounds: 7,
    prepare: async () => {},
    contenders: [contender("vethlab", vethlab), contender("c", c), contender("trafgen", trafgen)],
  },
];
