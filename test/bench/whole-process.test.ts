import { afterEach, describe, expect, test, vi } from "vitest";
import { type Command, digest, output, time, versionOf } from "../../bench/command.ts";
import type { Session } from "../../bench/harness.ts";
import { wholeProcess } from "../../bench/whole-process.ts";

const node = (program: string): Command => ({ program: process.execPath, args: ["-e", program] });

afterEach(() => vi.unstubAllEnvs());

describe("programs", () => {
  test("what they print, its lines, and a digest that tells it apart", async () => {
    expect(await output(node("console.log('a')"))).toBe("a\n");
    const many = await digest(node("for (let i = 0; i < 100000; i++) console.log('line')"));
    expect(many.lines).toBe(100_000);
    const other = await digest(node("for (let i = 0; i < 100000; i++) console.log(i ? 'line' : 'lime')"));
    expect(other).toEqual({ lines: 100_000, sha256: expect.not.stringMatching(many.sha256) });
  });

  test("a failure is told in the program's own first line", async () => {
    const failing = node("process.stderr.write('no such thing\\nand more\\n'); process.exitCode = 3");
    await expect(time(failing)).rejects.toThrow(/: no such thing$/);
    await expect(output(node("process.kill(process.pid, 'SIGKILL')"))).rejects.toThrow(/SIGKILL/);
    await expect(time({ program: "/nonexistent/program", args: [] })).rejects.toThrow("ENOENT");
  });

  test("what is timed does without the certificates that Node would read as it starts", async () => {
    vi.stubEnv("NODE_EXTRA_CA_CERTS", "/nonexistent/certificates");
    const withThem = "process.exitCode = process.env.NODE_EXTRA_CA_CERTS === undefined ? 0 : 3";
    await expect(time(node(withThem))).resolves.toBeGreaterThan(0);
    await expect(output(node(withThem))).rejects.toThrow();
    await expect(time({ ...node(withThem), env: { NODE_EXTRA_CA_CERTS: "/theirs" } })).rejects.toThrow();
  });

  test("a version, or how to get it", () => {
    expect(versionOf(process.execPath, ["--version"], /v([\d.]+)/, "get it")).toBe(process.versions.node);
    expect(versionOf("/nonexistent/program", [], /(.*)/, "get it")).toEqual({ absent: "get it" });
    expect(versionOf(process.execPath, ["--version"], /(never)/, "get it")).toEqual({ absent: "get it" });
  });
});

describe("a whole process as a contender", () => {
  test("a round is as many runs as fit, its figure the time of one divided by its operations", async () => {
    let runs = 0;
    const contender = wholeProcess({
      who: "node",
      version: () => "1",
      command: () => node("0"),
      check: async () => "done",
      operations: 1e6,
      after: async () => void runs++,
    });
    const session = (await contender.open("/nowhere")) as Session;
    const short = await session.round(1);
    expect(runs).toBe(1);
    // Starting Node takes between a millisecond and ten seconds: between 1 and 10,000 ns for each of a million.
    expect(short.value).toBeGreaterThan(1);
    expect(short.value).toBeLessThan(10_000);
    await session.round(short.value * 1e6 * 5);
    expect(runs).toBeGreaterThan(2);
    expect(await session.check()).toBe("done");
  });

  test("is absent with its program", async () => {
    const contender = wholeProcess({
      who: "x",
      version: () => ({ absent: "get it" }),
      command: () => node("0"),
      check: async () => "",
      operations: 1,
    });
    expect(await contender.open("/nowhere")).toEqual({ absent: "get it" });
  });
});
