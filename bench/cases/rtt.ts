/**
 * Round trips of echo requests that the kernel of one namespace sends, as `ping -f` does (bench/peers/c/rtt.c), answered at
 * the other end by vethlab's `answer` in one of its gears, or by the kernel. The figure is the median of a flood, one
 * request after the other; further ones are its mean and percentiles, and those of requests 10 ms apart (cold): by then
 * caches are cold and processors asleep.
 */
import { compile } from "../c-program.ts";
import type { Absent, Case, Contender, Session } from "../harness.ts";
import { Agent, number } from "../wire/agent.ts";
import { startAnswerer, type Who } from "../wire/answerer.ts";
import { ANSWERER, ASKER, isQuick, Stage } from "../wire/stage.ts";

const FLOOD = 50_000;
const QUICK_FLOOD = 5_000;
const COLD = 100;
const QUICK_COLD = 20;
const COLD_GAP_US = 10_000;

async function open(who: Who, workdir: string): Promise<Session | Absent> {
  const program = compile("rtt", workdir);
  if (typeof program !== "string") return program;
  const stage = Stage.open();
  if (!(stage instanceof Stage)) return stage;
  try {
    stage.left.addAddress(`${ASKER.ip}/24`);
    const { version } = await startAnswerer(stage, who);
    const asker = new Agent(stage.spawn(stage.left, program, ANSWERER.ip));
    const { absent } = await asker.hear();
    if (typeof absent === "string") throw new Error(`the asking program cannot ask: ${absent}`);
    return session(stage, asker, version);
  } catch (error) {
    stage.close();
    throw error;
  }
}

function session(stage: Stage, asker: Agent, version: string): Session {
  return {
    version,
    warm: async () => void (await asker.ask(`${FLOOD} 0`)),
    check: async () => `${number(await asker.ask("200 500"), "received")} of 200 answered`,
    async round(nanoseconds) {
      const quick = isQuick(nanoseconds);
      const flood = await asker.ask(`${quick ? QUICK_FLOOD : FLOOD} 0`);
      const cold = await asker.ask(`${quick ? QUICK_COLD : COLD} ${COLD_GAP_US}`);
      const of = (answer: typeof flood, name: string) => number(answer, name);
      return {
        value: of(flood, "p50"),
        detail: {
          meanUs: of(flood, "mean"),
          minUs: of(flood, "min"),
          p90Us: of(flood, "p90"),
          p99Us: of(flood, "p99"),
          p999Us: of(flood, "p999"),
          lost: of(flood, "sent") - of(flood, "received"),
          coldP50Us: of(cold, "p50"),
          coldP90Us: of(cold, "p90"),
          coldP99Us: of(cold, "p99"),
        },
      };
    },
    memory: async () => null,
    close: () => stage.close(),
  };
}

const kernel: Contender = { who: "kernel", open: (workdir) => open("kernel", workdir) };

export const rttCases: readonly Case[] = (["event", "block", "spin"] as const).map((gear) => ({
  name: `rtt/${gear}`,
  about: `the kernel's ping flood answered, gear ${gear}: median round trip`,
  unit: "µs",
  rounds: 7,
  prepare: async () => {},
  contenders: [{ who: "vethlab", open: (workdir) => open(gear, workdir) }, kernel],
}));
