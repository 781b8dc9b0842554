/** `vethlab answer` in all its gears, asked by the kernel's own ping. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { Lab } from "../../src/lab/lab.ts";
import { Host } from "../../src/stack/host.ts";
import { type Finished, type Running, startVethlab } from "../support/command.ts";
import { machineState, nothingLeft } from "../support/machine.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";

const { describe: describeGears } = needs({ netns: true, commands: ["ping"] });

describeGears("answer --gear", () => {
  let pair: ReturnType<typeof Lab.pair>;
  const running: Running[] = [];

  beforeEach(() => {
    pair = Lab.pair();
    pair.ve0.addAddress("10.0.0.1/24");
  });
  afterEach(async () => {
    for (const one of running.splice(0)) one.child.kill("SIGKILL");
    pair.lab.close();
  });

  const start = (...args: string[]) => {
    const run = startVethlab("answer", "--netns", pair.ve1.namespace.kernel.path, "-I", "ve1", ...args);
    running.push(run);
    return run;
  };
  const answering = (run: Running) => until(() => /ANSWERING|"answering"/.test(run.stdout()));
  /** Waits for the exit code of `ping`. */
  const ping = (...args: string[]) =>
    new Promise<number | null>((resolve) => {
      pair.ve0.namespace.spawn("ping", ["-q", ...args], { stdio: "ignore" }).once("exit", resolve);
    });
  const end = (run: Running): Promise<Finished> => {
    run.child.kill("SIGINT");
    return run.done;
  };

  test.each(["event", "block", "spin"])(
    "%s: answers ARP and a flood of echoes, tells, and ends with the totals",
    async (gear) => {
      const run = start("--ip", "10.0.0.2/24", "--gear", gear);
      await answering(run);
      expect(await ping("-c", "1000", "-f", "10.0.0.2")).toBe(0);
      run.child.kill("SIGQUIT");
      await until(() => run.stderr().includes("1,000 echo requests answered"));
      const { code, stdout } = await end(run);
      expect(code).toBe(0);
      expect(stdout).toContain("ANSWERING for 10.0.0.2 at 02:76:0a:00:00:02 on ve1\n");
      expect(stdout).toMatch(/ARP: told 10\.0\.0\.1 \(.*\) where 10\.0\.0\.2 is/);
      expect(stdout).toMatch(/echo: answered 10\.0\.0\.1 .* seq 1, length 64/);
      expect(stdout).toMatch(/1,000 echo requests answered, 0 frames dropped\n$/);
    },
  );

  test.each(["block", "spin"])(
    "%s: full, odd and tagged echoes, JSON, several addresses, a MAC of one's own",
    async (gear) => {
      const run = start(
        "--ip",
        "10.0.0.2",
        "--ip",
        "10.0.0.3",
        "--mac",
        "02:00:00:00:00:77",
        "--gear",
        gear,
        "-j",
        "-q",
      );
      await answering(run);
      expect(await ping("-c", "1", "-s", "1472", "10.0.0.3")).toBe(0);
      expect(await ping("-c", "1", "-s", "0", "10.0.0.2")).toBe(0);
      expect(await ping("-c", "1", "-s", "57", "10.0.0.2")).toBe(0);
      const { code, stdout } = await end(run);
      expect(code).toBe(0);
      const objects = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(objects[0]).toMatchObject({
        event: "answering",
        mac: "02:00:00:00:00:77",
        addresses: ["10.0.0.2", "10.0.0.3"],
      });
      expect(objects.at(-1)).toMatchObject({ event: "totals", echo_answered: 3, lost: 0, tx_failed: 0 });
    },
  );

  test("spin: within a VLAN", async () => {
    const run = start("--ip", "10.0.1.2/24", "--vlan", "7", "--gear", "spin");
    await answering(run);
    const link = pair.ve0.openLink();
    const host = new Host(link, { addresses: ["10.0.1.1/24"], vlan: 7 });
    for (let i = 0; i < 3; i++) expect(await host.echo("10.0.1.2")).toHaveProperty("rttNs");
    host.close();
    link.close();
    expect((await end(run)).stdout).toContain("3 echo requests answered");
  });

  test.each(["block", "spin"])("%s: what cannot be opened is told in one line, exit 2", async (gear) => {
    const run = startVethlab(
      "answer",
      "--netns",
      pair.ve1.namespace.kernel.path,
      "-I",
      "ve9",
      "--ip",
      "10.0.0.2",
      "--gear",
      gear,
    );
    const { code, stdout, stderr } = await run.done;
    expect(stdout).toBe("");
    expect(stderr).toBe("vethlab answer: no interface ve9 here: `ip link` shows those that exist\n");
    expect(code).toBe(2);
  });

  test.each(["block", "spin"])("%s: the interface goes down: a line, the totals, exit 2", async (gear) => {
    const run = start("--ip", "10.0.0.2", "--gear", gear);
    await answering(run);
    pair.ve1.down();
    const { code, stdout, stderr } = await run.done;
    expect(stderr).toBe("vethlab answer: ve1 is down, or its peer is\n");
    expect(stdout).toContain("answer statistics");
    expect(code).toBe(2);
  });

  test.each(["block", "spin"])("%s: killed, it leaves nothing", async (gear) => {
    const before = machineState();
    const run = start("--ip", "10.0.0.2", "--gear", gear);
    await answering(run);
    run.child.kill("SIGKILL");
    expect((await run.done).signal).toBe("SIGKILL");
    await nothingLeft(before);
  });
});
