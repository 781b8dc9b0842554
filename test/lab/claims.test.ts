/**
 * Address conflict detection (RFC 5227) for real: our claims against the kernel's addresses, iputils' and our own arping -D,
 * and each other. Times are a tenth or a twentieth of the RFC's; those who answer take milliseconds.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Finished, Running } from "../support/command.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const KERNEL = "10.0.0.1";
const WANTED = "10.0.0.2";

interface Told {
  readonly event: string;
  readonly to?: string;
  readonly mac?: string;
  readonly seen?: string;
  readonly response?: string;
  readonly [key: string]: unknown;
}

const told = (text: string): Told[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Told);
const result = ({ stdout }: Finished) => told(stdout).at(-1);
const conflicts = (text: string) => told(text).filter(({ event }) => event === "claim-conflict");
const states = (text: string) =>
  told(text).flatMap(({ event, to }) => (event === "claim-changed" && to !== undefined ? [to] : []));

needs({ netns: true, commands: ["ping", "arping"] }).describe("claims beside iputils and the kernel", () => {
  let wire: Wire;
  beforeEach(() => {
    wire = new Wire();
    wire.ve0.addAddress(`${KERNEL}/24`);
  });
  afterEach(() => wire.close());

  const kernel = (program: string, ...args: string[]) => wire.run(wire.ve0, program, ...args);
  const claimed = async (running: Running) => {
    await until(() => states(running.stdout()).at(-1) === "claimed");
    return running;
  };
  const claim = (...args: string[]) => wire.startVethlab(wire.ve1, "claim", "-I", "ve1", "--json", ...args);
  const hold = (...args: string[]) => claimed(claim("--scale", "0.1", ...args, `${WANTED}/24`));
  const mac = async (port: "ve0" | "ve1") => {
    const { stdout } = await wire.run(wire[port], "ip", "-j", "link", "show", "dev", port);
    return (JSON.parse(stdout) as { address: string }[])[0]!.address;
  };
  /** The kernel takes the address as well, and says so. */
  const announced = () => kernel("arping", "-U", "-c", "1", "-I", "ve0", WANTED);

  test("the kernel's address: it answers the first probe, and the claim ends there", async () => {
    const run = await claim("--once", "--scale", "0.1", KERNEL).done;
    expect(run).toMatchObject({ code: 1, stderr: "" });
    expect(states(run.stdout)).toEqual(["waiting", "probing", "conflict"]);
    expect(conflicts(run.stdout)).toMatchObject([{ mac: await mac("ve0"), seen: "reply", response: "given-up" }]);
    expect(told(run.stdout).filter(({ event }) => event === "arp-request-sent")).toHaveLength(1);
    expect(result(run)).toMatchObject({ claimed: false, rival: await mac("ve0") });
  });

  test("with the RFC's own times: 4 to 7 s of silence make a free address ours, and the kernel reaches it", async () => {
    const run = claim("--answer", WANTED);
    await until(() => states(run.stdout()).includes("announcing"), 15_000);
    const times = told(run.stdout()).filter(({ event }) => event === "arp-request-sent");
    expect(times.map(({ purpose }) => purpose)).toEqual(["probe", "probe", "probe", "announcement"]);
    // Lower bounds alone: a busy machine may be late, never early.
    const at = times.map(({ time }) => time as number);
    for (const [i, least] of [1, 1, 2].entries()) expect(at[i + 1]! - at[i]!).toBeGreaterThan(least - 0.002);
    const ping = await kernel("ping", "-c", "3", "-i", "0.05", WANTED);
    expect(ping.stdout).toContain("3 packets transmitted, 3 received, 0% packet loss");
  }, 30_000);

  test("without --answer ARP alone is answered", async () => {
    await hold();
    expect((await kernel("ping", "-c", "1", "-W", "1", WANTED)).code).toBe(1);
    expect((await kernel("arping", "-c", "1", "-I", "ve0", WANTED)).code).toBe(0);
  });

  test("arping -D, iputils' and ours, finds what is claimed, and not what was given back", async () => {
    const run = await hold();
    const upper = (await mac("ve1")).toUpperCase();
    const theirs = await kernel("arping", "-D", "-c", "2", "-I", "ve0", WANTED);
    expect(theirs.stdout).toContain(`Unicast reply from ${WANTED} [${upper}]`);
    expect(theirs.code).toBe(1);
    const ours = await wire.vethlab(wire.ve0, "arping", "-D", "-c", "2", "-I", "ve0", WANTED);
    expect(ours.stdout).toContain(`Unicast reply from ${WANTED} [${upper}]`);
    expect(ours.code).toBe(1);
    run.child.kill("SIGINT");
    expect(result(await run.done)).toMatchObject({ claimed: true, conflicts: 0 });
    expect((await kernel("arping", "-D", "-c", "1", "-w", "1", "-I", "ve0", WANTED)).code).toBe(0);
  });

  test.each(["iputils'", "ours"])(
    "arping -D (%s) is a rival to a claim that still probes (2.1.1): no answer, and the claim gives way",
    async (whose) => {
      // Long enough: only what arping sends can end it.
      const run = claim("--scale", "5", WANTED);
      await until(() => states(run.stdout()).at(-1) === "waiting");
      const args = ["-D", "-c", "1", "-I", "ve0", WANTED];
      const { code } = await (whose === "ours"
        ? wire.vethlab(wire.ve0, "arping", ...args)
        : kernel("arping", "-w", "1", ...args));
      expect(code).toBe(0);
      const ended = await run.done;
      expect(ended.code).toBe(1);
      expect(conflicts(ended.stdout)).toMatchObject([{ seen: "probe", response: "given-up", mac: await mac("ve0") }]);
    },
    20_000,
  );

  test("the kernel takes our address later: defended once, then given up", async () => {
    // DEFEND_INTERVAL is 4 s: time enough to start arping twice, also on a busy machine.
    const run = await hold("--defend", "once", "--scale", "0.4");
    wire.ve0.addAddress(`${WANTED}/24`);
    await announced();
    await until(() => conflicts(run.stdout()).length === 1);
    await announced();
    expect((await run.done).code).toBe(1);
    const seen = { seen: "announcement", mac: await mac("ve0") };
    expect(conflicts(run.stdout())).toMatchObject([
      { ...seen, response: "defended" },
      { ...seen, response: "given-up" },
    ]);
    expect(states(run.stdout()).at(-1)).toBe("lost");
  });

  test("--defend never: given up at once, and not answered for any more", async () => {
    const run = await hold("--defend", "never");
    wire.ve0.addAddress(`${WANTED}/24`);
    await announced();
    expect((await run.done).code).toBe(1);
    expect(conflicts(run.stdout())).toMatchObject([{ response: "given-up" }]);
    expect(told(run.stdout()).filter(({ event }) => event === "arp-request-sent")).toHaveLength(5);
  });

  test("--defend always: kept, with one announcement for many", async () => {
    const run = await hold("--defend", "always", "--scale", "0.4");
    wire.ve0.addAddress(`${WANTED}/24`);
    for (let i = 0; i < 3; i++) await announced();
    await until(() => conflicts(run.stdout()).length === 3);
    run.child.kill("SIGINT");
    expect((await run.done).code).toBe(0);
    expect(conflicts(run.stdout()).map(({ response }) => response)).toEqual(["defended", "ignored", "ignored"]);
  });

  test("the kernel's ordinary request from our address is a conflict as well", async () => {
    const run = await hold("--defend", "never");
    wire.ve0.addAddress(`${WANTED}/24`);
    await kernel("ping", "-c", "1", "-W", "1", "-I", WANTED, "10.0.0.77");
    expect((await run.done).code).toBe(1);
    expect(conflicts(run.stdout())).toMatchObject([{ seen: "request", response: "given-up" }]);
  });

  test("the kernel announces itself when its MAC address changes (arp_notify): a conflict as well", async () => {
    const run = await hold("--defend", "never");
    await kernel("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/ve0/arp_notify");
    wire.ve0.addAddress(`${WANTED}/24`);
    await kernel("ip", "link", "set", "dev", "ve0", "address", "02:00:00:00:00:77");
    expect((await run.done).code).toBe(1);
    expect(conflicts(run.stdout())).toMatchObject([
      { seen: "announcement", mac: "02:00:00:00:00:77", response: "given-up" },
    ]);
  });

  test("the cable is out while the kernel takes the address: tested again, and found taken", async () => {
    const run = await hold("--defend", "always");
    await wire.run(wire.ve0, "ip", "link", "set", "dev", "ve0", "down");
    await until(() => told(run.stdout()).some(({ event }) => event === "link"));
    wire.ve0.addAddress(`${WANTED}/24`);
    await wire.run(wire.ve0, "ip", "link", "set", "dev", "ve0", "up");
    expect((await run.done).code).toBe(1);
    expect(states(run.stdout()).slice(-3)).toEqual(["waiting", "probing", "conflict"]);
  });

  test("two of ours want the same address at once: never both", async () => {
    for (let round = 0; round < 2; round++) {
      const runs = (["ve0", "ve1"] as const).map((port) =>
        wire.startVethlab(wire[port], "claim", "-I", port, "--json", "--scale", "0.3", "10.0.0.9"),
      );
      const last = (run: Running) => states(run.stdout()).at(-1) ?? "";
      await until(() => runs.every((run) => ["claimed", "conflict", "lost"].includes(last(run))), 15_000);
      // One gave way to the other, or, where their probes crossed, each to the other.
      expect(runs.filter((run) => last(run) === "claimed").length).toBeLessThan(2);
      expect(runs.filter((run) => last(run) === "conflict")).not.toEqual([]);
      for (const { child } of runs) child.kill("SIGINT");
      for (const run of runs) expect((await run.done).code).toBe(result(await run.done)?.claimed === true ? 0 : 1);
    }
  });

  test("link-local: the kernel has the first, so the second is taken, and the kernel reaches it", async () => {
    wire.ve0.addAddress("169.254.9.9/16");
    const run = await claimed(claim("--link-local", "--answer", "--scale", "0.1", "169.254.9.9"));
    expect(states(run.stdout())).toEqual([
      ...["waiting", "probing", "conflict"],
      ...["waiting", "probing", "announcing", "claimed"],
    ]);
    const address = String(told(run.stdout()).at(-1)?.ip);
    expect(address).toMatch(/^169\.254\./);
    expect(address).not.toBe("169.254.9.9");
    const ping = await kernel("ping", "-c", "3", "-i", "0.05", address);
    expect(ping.stdout).toContain("3 packets transmitted, 3 received, 0% packet loss");
    // RFC 3927, 2.5: replies go to all.
    expect((await kernel("arping", "-c", "1", "-I", "ve0", address)).stdout).toContain("Broadcast reply from");
  });
});
