import { describe, expect, test } from "vitest";
import type { Session } from "../../bench/harness.ts";
import { openProcess } from "../../bench/process-session.ts";

/** A program that prints its first line, and then evaluates `answer` for each command, which `line` holds. */
function program(first: object, answer: string): [string, string[]] {
  const script = `
    console.log(${JSON.stringify(JSON.stringify(first))});
    const rl = require("node:readline").createInterface({ input: process.stdin });
    rl.on("line", (line) => { ${answer} });`;
  return [process.execPath, ["-e", script]];
}

async function open(first: object, answer: string): Promise<Session> {
  const session = await openProcess(...program(first, answer));
  if ("absent" in session) throw new Error(session.absent);
  return session;
}

describe("a contender in a process of its own", () => {
  test("is asked in lines and answers in JSON", async () => {
    const session = await open(
      { version: "9.9" },
      `console.log(line === "round 5000" ? '{"value":1.5}' : line === "check" ? '{"value":-7}' : "{}")`,
    );
    expect(session.version).toBe("9.9");
    await session.warm(100);
    expect(await session.check()).toBe("-7");
    expect(await session.round(5000)).toEqual({ value: 1.5 });
    expect(await session.memory(100)).toBeNull();
    session.close();
  });

  test("says what is missing", async () => {
    const first = { absent: "apt-get install it" };
    expect(await openProcess(...program(first, ""))).toEqual(first);
  });

  test("that dies gives its reason, not its stack", async () => {
    const session = await open({ version: "1" }, `throw new RangeError("too far")`);
    await expect(session.check()).rejects.toThrow(/ended early: RangeError: too far$/);
    session.close();
  });

  test("that cannot be started says so", async () => {
    await expect(openProcess("/nonexistent/program", [])).rejects.toThrow(/\/nonexistent\/program.*ENOENT/);
  });
});
