/** An impaired answer and an impaired ping on a real cable, against the kernel's ping and the kernel. */
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Running } from "../support/command.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

needs({ netns: true, commands: ["ping"] }).describe("impaired, beside the kernel", () => {
  let wire: Wire;
  beforeEach(() => {
    wire = new Wire();
    wire.ve0.addAddress("10.0.0.1/24");
  });
  afterEach(() => wire.close());

  async function answer(impair: string): Promise<Running> {
    const running = wire.startVethlab(
      wire.ve1,
      ...["answer", "-I", "ve1", "--ip", "10.0.0.2", "-q", "--impair", impair, "--seed", "7"],
    );
    await until(() => running.stdout().includes("ANSWERING"));
    return running;
  }

  /** The totals of a running answer's impairment, as it ends. */
  async function end(running: Running): Promise<string> {
    process.kill(running.pid, "SIGINT");
    const { code, stderr } = await running.done;
    expect(code).toBe(0);
    return stderr;
  }

  const ping = (...args: string[]) => wire.run(wire.ve0, "ping", "-n", ...args, "10.0.0.2");
  const number = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);

  test("5 % loss: what was not answered was lost, and counted", async () => {
    const running = await answer("loss 5%");
    const { stdout } = await ping("-c", "400", "-i", "0.002", "-W", "1");
    const received = number(stdout, /(\d+) received/);
    // 20 of 400 on average.
    expect(received).toBeGreaterThan(340);
    expect(received).toBeLessThan(398);
    const told = await end(running);
    // Replies, and answers to ARP.
    expect(number(told, /sent: (\d+) lost/)).toBeGreaterThanOrEqual(400 - received);
    expect(told).toMatch(/^vethlab answer: \d+ frames received: nothing happened to any \(seed 7\)$/m);
  });

  test("duplicates: the kernel's ping sees them", async () => {
    const running = await answer("duplicate 20%");
    const { stdout } = await ping("-c", "200", "-i", "0.002");
    expect(stdout).toContain("(DUP!)");
    const duplicates = number(stdout, /\+(\d+) duplicates/);
    expect(duplicates).toBeGreaterThan(15);
    expect(stdout).toContain("200 received");
    expect(number(await end(running), /sent: (\d+) duplicated/)).toBeGreaterThanOrEqual(duplicates);
  });

  test("corruption: the kernel finds the checksums wrong, and no wrong data comes through", async () => {
    const running = await answer("corrupt 50%");
    // ping then uses a socket of the kernel's ICMP; a raw one is shown everything, wrong checksums too.
    wire.ve0.namespace.kernel.run(() => writeFileSync("/proc/sys/net/ipv4/ping_group_range", "0 0"));
    const { stdout } = await ping("-c", "200", "-i", "0.002", "-s", "1000", "-W", "1");
    expect(stdout).not.toContain("wrong data");
    expect(number(stdout, /(\d+) received/)).toBeLessThan(150);
    expect(number(stdout, /(\d+) received/)).toBeGreaterThan(50);
    const [names, values] = wire.ve0.namespace.kernel
      .run(() => readFileSync("/proc/thread-self/net/snmp", "utf8"))
      .split("\n")
      .filter((line) => line.startsWith("Icmp:"))
      .map((line) => line.split(" "));
    expect(Number(values![names!.indexOf("InCsumErrors")])).toBeGreaterThan(50);
    expect(number(await end(running), /sent: (\d+) corrupted/)).toBeGreaterThan(60);
  });

  test("what the kernel sends is corrupted on its way in: our host drops it by its checksums", async () => {
    const running = await answer("in corrupt 50%");
    const { stdout } = await ping("-c", "200", "-i", "0.002", "-s", "1000", "-W", "1");
    expect(stdout).not.toContain("wrong data");
    expect(number(stdout, /(\d+) received/)).toBeLessThan(150);
    expect(await end(running)).toMatch(/received: \d+ corrupted/);
  });

  test("delay: round trips take that much longer, each way by itself", async () => {
    const running = await answer("delay 20ms in delay 15ms");
    const { stdout } = await ping("-c", "5", "-i", "0.01");
    expect(stdout).toContain("5 received");
    expect(number(stdout, /rtt min\/avg\/max\/mdev = ([\d.]+)/)).toBeGreaterThanOrEqual(35);
    expect(await end(running)).toMatch(/received: \d+ delayed.*\n.*sent: \d+ delayed/);
  });

  test("reordering: some replies overtake others", async () => {
    const running = await answer("delay 30ms reorder 30%");
    const { stdout } = await ping("-c", "100", "-i", "0.005");
    const order = [...stdout.matchAll(/icmp_seq=(\d+)/g)].map(([, seq]) => Number(seq));
    expect(order).toHaveLength(100);
    expect(order.toSorted((a, b) => a - b)).not.toEqual(order);
    expect(await end(running)).toMatch(/sent: \d+ reordered, \d+ delayed/);
  });

  test("a rate: frames of 1,042 bytes at 1 Mbit/s take 8.3 ms each", async () => {
    const running = await answer("rate 1mbit");
    const { stdout } = await ping("-c", "3", "-i", "0.05", "-s", "1000");
    expect(number(stdout, /rtt min\/avg\/max\/mdev = ([\d.]+)/)).toBeGreaterThanOrEqual(8.3);
    await end(running);
  });

  test("our ping, impaired, against the kernel", async () => {
    const args = ["-I", "ve1", "--source-ip", "10.0.0.3/24", "-c", "100", "-i", "0.005", "-W", "1"];
    const impair = ["--impair", "loss 10% in duplicate 20% delay 5ms", "--seed", "3"];
    const { stdout, stderr } = await wire.vethlab(wire.ve1, "ping", ...args, ...impair, "10.0.0.1");
    expect(stdout).toContain("(DUP!)");
    expect(stdout).not.toContain("wrong data");
    expect(stderr).toMatch(
      /frames received: \d+ duplicated, \d+ delayed \(seed 3\)\n.*frames sent: \d+ lost \(seed 3\)/,
    );
    expect(number(stdout, /rtt min\/avg\/max\/mdev = ([\d.]+)/)).toBeGreaterThanOrEqual(5);
  });
});
