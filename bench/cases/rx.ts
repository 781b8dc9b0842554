/**
 * Receiving: one sender on the other processor floods, and every frame is taken in and parsed. The figure is the time that
 * the receiving program itself spends in user space for a frame; the kernel's part of receiving is spent by the sender.
 * `lost` counts what the receiver never saw. tcpdump parses nothing: it writes what it receives to /dev/null.
 */
import { readFileSync } from "node:fs";
import type { Absent, Case, Contender, Sample, Session } from "../harness.ts";
import { loadPackage } from "../peer.ts";
import { VERSION } from "../root.ts";
import { Agent, number } from "../wire/agent.ts";
import { isQuick, Stage, versionOf } from "../wire/stage.ts";

const FRAMES = 2_000_000;
const QUICK_FRAMES = 200_000;
/** To be compared: so many, at a rate that nobody loses any. */
const CHECK_FRAMES = 2_000;
const CHECK_RATE = 5_000;
/** The kernel counts processor time in such ticks for whoever asks about another process. */
const TICK_US = 10_000;

interface Counted {
  readonly frames: number;
  readonly userUs: number;
  readonly systemUs: number;
}

/** A receiver that can count one flood. */
interface Flooded {
  readonly version: string;
  /** Lets `flood` happen and says what arrived. */
  count(frames: number, flood: () => Promise<void>): Promise<Counted>;
  close(): void;
}

async function session(stage: Stage, receiver: Flooded): Promise<Session> {
  const sender = await stage.agent(stage.left, "sender", "echo");
  let seconds = 0;
  const flood = async (count: number, rate: string) => {
    seconds = number(await sender.ask(`${count} ${rate}`), "seconds");
  };
  const round = async (count: number): Promise<Sample> => {
    const { frames, userUs, systemUs } = await receiver.count(count, () => flood(count, "max"));
    const detail = { lost: count - frames, perSecond: count / seconds, systemNs: (systemUs * 1e3) / frames };
    return { value: (userUs * 1e3) / frames, detail };
  };
  return {
    version: receiver.version,
    warm: async () => void (await round(QUICK_FRAMES)),
    check: async () => {
      const { frames } = await receiver.count(CHECK_FRAMES, () => flood(CHECK_FRAMES, String(CHECK_RATE)));
      return `${frames} frames`;
    },
    round: (nanoseconds) => round(isQuick(nanoseconds) ? QUICK_FRAMES : FRAMES),
    memory: async () => null,
    close() {
      receiver.close();
      stage.close();
    },
  };
}

async function javaScript(stage: Stage, who: string, version: string): Promise<Flooded> {
  const agent = await stage.agent(stage.right, "receiver", who);
  return {
    version,
    async count(frames, flood) {
      await agent.ask("begin");
      await flood();
      const answer = await agent.ask(`end ${frames}`);
      return { frames: number(answer, "frames"), userUs: number(answer, "user"), systemUs: number(answer, "system") };
    },
    close: () => void agent.end("SIGKILL"),
  };
}

/** Started anew for each flood: it tells its counters when it ends. */
function tcpdump(stage: Stage, version: string): Flooded {
  const args = ["-n", "-B", "65536", "-Z", "root", "-i", stage.right.name, "-w", "/dev/null"];
  return {
    version,
    async count(_, flood) {
      const child = stage.spawn(stage.right, "tcpdump", ...args);
      const agent = new Agent(child);
      await new Promise((resolve) => child.stderr?.once("data", resolve));
      await flood();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const [user, system] = cpuTicks(agent.pid);
      const text = await agent.end("SIGINT");
      const frames = Number(/(\d+) packets? captured/.exec(text)?.[1] ?? Number.NaN);
      return { frames, userUs: user * TICK_US, systemUs: system * TICK_US };
    },
    close() {},
  };
}

/** Ticks in user space and in the kernel that a process has used (proc(5), stat, fields 14 and 15). */
function cpuTicks(pid: number): [number, number] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [Number(fields[11]), Number(fields[12])];
}

/** True in a user namespace that an ordinary user made: tcpdump, started as its root, must change groups and gives up. */
function cannotChangeGroups(): boolean {
  try {
    return readFileSync("/proc/self/setgroups", "utf8").startsWith("deny");
  } catch {
    return false;
  }
}

function contender(who: string, make: (stage: Stage) => Promise<Flooded> | Absent): Contender {
  return {
    who,
    async open() {
      const stage = Stage.open();
      if (!(stage instanceof Stage)) return stage;
      try {
        const receiver = await make(stage);
        if (!("absent" in receiver)) return await session(stage, receiver);
        stage.close();
        return receiver;
      } catch (error) {
        stage.close();
        throw error;
      }
    },
  };
}

export const rxCases: readonly Case[] = [
  {
    name: "rx",
    about: "2,000,000 frames received at full rate and parsed: user time a frame",
    unit: "ns/frame",
    rounds: 5,
    prepare: async () => {},
    contenders: [
      contender("vethlab", (stage) => javaScript(stage, "vethlab", VERSION)),
      contender("cap", (stage) => {
        const loaded = loadPackage("cap", "apt-get install libpcap-dev g++ make; npm run setup");
        return "absent" in loaded ? loaded : javaScript(stage, "cap", loaded.version);
      }),
      contender("tcpdump", (stage) => {
        if (cannotChangeGroups()) return { absent: "run as root: in an ordinary user's namespace it cannot capture" };
        const version = versionOf("tcpdump");
        return version === null ? { absent: "apt-get install tcpdump" } : Promise.resolve(tcpdump(stage, version));
      }),
    ],
  },
];
