/**
 * Answering at rate: one process floods with echo requests in batches, on a processor of its own; the figure is the time
 * between two answers. vethlab's `answer` spins in one thread. The kernel answers within the sender's system call, on the
 * sender's processor, so that the sender sends less; none of its requests is lost.
 */
import type { Absent, Case, Session } from "../harness.ts";
import { number } from "../wire/agent.ts";
import { startAnswerer, type Who } from "../wire/answerer.ts";
import { isQuick, Stage } from "../wire/stage.ts";

const FRAMES = 1_000_000;
const QUICK_FRAMES = 100_000;
const CHECK_FRAMES = 1_000;
const CHECK_RATE = 10_000;
/** What is still in the ring when the sender ends is answered in less than this. */
const REST_MS = 50;

async function open(who: Who): Promise<Session | Absent> {
  const stage = Stage.open();
  if (!(stage instanceof Stage)) return stage;
  try {
    const sender = await stage.agent(stage.left, "sender", "echo");
    // Started and ended once a round: it tells its counters when it ends.
    const flood = async (count: number, rate: string) => {
      const answerer = await startAnswerer(stage, who);
      const seconds = number(await sender.ask(`${count} ${rate}`), "seconds");
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      return { seconds, answered: await answerer.end(), version: answerer.version };
    };
    const { version } = await flood(QUICK_FRAMES, "max");
    return {
      version,
      warm: async () => void (await flood(QUICK_FRAMES, "max")),
      check: async () => `${(await flood(CHECK_FRAMES, String(CHECK_RATE))).answered} answers`,
      async round(nanoseconds) {
        const count = isQuick(nanoseconds) ? QUICK_FRAMES : FRAMES;
        const { seconds, answered } = await flood(count, "max");
        const detail = { perSecond: answered / seconds, sentPerSecond: count / seconds, unanswered: count - answered };
        return { value: (seconds * 1e9) / answered, detail };
      },
      memory: async () => null,
      close: () => stage.close(),
    };
  } catch (error) {
    stage.close();
    throw error;
  }
}

export const answerCases: readonly Case[] = [
  {
    name: "answer",
    about: "1,000,000 echo requests in batches answered by one thread: time an answer",
    unit: "ns/answer",
    rounds: 7,
    prepare: async () => {},
    contenders: [
      { who: "vethlab", open: () => open("spin") },
      { who: "kernel", open: () => open("kernel") },
    ],
  },
];
