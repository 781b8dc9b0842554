import { describe, expect, test } from "vitest";
import { type Case, type Contender, type Memory, runCase, type Session } from "../../bench/harness.ts";

const EFFORT = { rounds: 3, round: 1, warm: 1, memory: 1 };

interface Script {
  readonly who: string;
  readonly value?: string;
  readonly rounds?: readonly number[];
  readonly memory?: Memory | null;
  readonly fails?: boolean;
}

/** A contender that writes down what it is asked, and answers from a script. */
function contender(
  { who, value = "42", rounds = [1, 1, 1], memory = null, fails = false }: Script,
  log: string[],
): Contender {
  const left = [...rounds];
  const session: Session = {
    version: `${who} 1.0`,
    warm: async () => void log.push(`warm ${who}`),
    check: async () => value,
    round: async () => {
      log.push(`round ${who}`);
      if (fails) throw new Error("it broke");
      return { value: left.shift()! };
    },
    memory: async () => memory,
    close: () => void log.push(`close ${who}`),
  };
  return { who, open: async () => session };
}

function subject(contenders: readonly Contender[]): Case {
  return { name: "work/some", about: "some work", unit: "ns/frame", prepare: async () => {}, contenders };
}

function run(contenders: readonly Contender[]) {
  return runCase(subject(contenders), EFFORT, "/nowhere", () => {});
}

describe("harness", () => {
  test("contenders take turns, all warm before the first is timed", async () => {
    const log: string[] = [];
    await run(["a", "b"].map((who) => contender({ who }, log)));
    const rounds = ["round a", "round b"];
    expect(log).toEqual(["warm a", "warm b", ...rounds, ...rounds, ...rounds, "close a", "close b"]);
  });

  test("a case may have fewer rounds, and rounds further figures, whose medians the result carries", async () => {
    const log: string[] = [];
    const { open } = contender({ who: "vethlab", rounds: [10, 20] }, log);
    let lost = 0;
    const detailed: Contender = {
      who: "vethlab",
      async open(workdir) {
        const session = (await open(workdir)) as Session;
        return {
          ...session,
          round: async (ns) => ({ ...(await session.round(ns)), detail: { lost: lost++, max: 7 } }),
        };
      },
    };
    const { results } = await runCase({ ...subject([detailed]), rounds: 2 }, EFFORT, "/nowhere", () => {});
    expect(results[0]?.rounds).toEqual([10, 20]);
    expect(results[0]?.detail).toEqual({ lost: 0.5, max: 7 });
  });

  test("results carry median, ends, ratio by rounds, memory and version", async () => {
    const { results } = await run([
      contender({ who: "vethlab", rounds: [10, 20, 10], memory: { bytes: 0, collections: 0 } }, []),
      contender({ who: "cap", rounds: [300, 600, 400], memory: { bytes: 100, collections: 7 } }, []),
    ]);
    expect(results).toEqual([
      {
        case: "work/some",
        who: "vethlab",
        unit: "ns/frame",
        median: 10,
        min: 10,
        max: 20,
        bytesPerFrame: 0,
        collectionsPerMillion: 0,
        version: "vethlab 1.0",
        rounds: [10, 20, 10],
      },
      {
        case: "work/some",
        who: "cap",
        unit: "ns/frame",
        median: 400,
        min: 300,
        max: 600,
        ratio: { median: 30, min: 30, max: 40 },
        bytesPerFrame: 100,
        collectionsPerMillion: 7,
        version: "cap 1.0",
        rounds: [300, 600, 400],
      },
    ]);
  });

  test("who gets another result is named and not timed", async () => {
    const log: string[] = [];
    const { results, wrong } = await run([
      contender({ who: "vethlab" }, log),
      contender({ who: "liar", value: "41" }, log),
    ]);
    expect(wrong).toEqual(["work/some: liar gets 41, vethlab gets 42; not timed"]);
    expect(results.map((result) => result.who)).toEqual(["vethlab"]);
    expect(log).not.toContain("round liar");
    expect(log).toContain("close liar");
  });

  test("who is absent says how to be got; the rest runs", async () => {
    const missing: Contender = { who: "cap", open: async () => ({ absent: "npm install cap" }) };
    const { results, absent } = await run([contender({ who: "vethlab" }, []), missing]);
    expect(absent).toEqual([{ case: "work/some", who: "cap", why: "npm install cap" }]);
    expect(results).toHaveLength(1);
  });

  test("without the reference there are no ratios", async () => {
    const missing: Contender = { who: "vethlab", open: async () => ({ absent: "odd" }) };
    const { results } = await run([missing, contender({ who: "c" }, []), contender({ who: "cap" }, [])]);
    expect(results.map((result) => result.ratio)).toEqual([undefined, undefined]);
  });

  test("rounds that lie far apart are reported", async () => {
    const { noisy } = await run([
      contender({ who: "calm", rounds: [10, 10.2, 10.1] }, []),
      contender({ who: "wild", rounds: [10, 20, 30] }, []),
    ]);
    expect(noisy).toEqual(["work/some wild (50%)"]);
  });

  test("who fails to open costs nobody else's figures", async () => {
    const log: string[] = [];
    const broken: Contender = { who: "cap", open: () => Promise.reject(new Error("no such program")) };
    const { results, failed } = await run([contender({ who: "a" }, log), broken]);
    expect(failed).toEqual(["work/some: cap failed: no such program"]);
    expect(results.map(({ who }) => who)).toEqual(["a"]);
  });

  test("who fails on the way is closed and named, and the others go on", async () => {
    const log: string[] = [];
    const both = [contender({ who: "b", fails: true }, log), contender({ who: "a" }, log)];
    const { results, failed } = await run(both);
    expect(failed).toEqual(["work/some: b failed: it broke"]);
    expect(results.map(({ who, ratio }) => [who, ratio])).toEqual([["a", undefined]]);
    expect(log.filter((line) => line.endsWith(" b"))).toEqual(["warm b", "round b", "close b"]);
  });
});
