/** `vethlab answer` and its neighbours, asked by the kernel's own ping and ARP. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { Lab } from "../../src/lab/lab.ts";
import { type Finished, type Running, startVethlab } from "../support/command.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";

needs({ netns: true, commands: ["ping", "arping"] }).describe("answer and its neighbours", () => {
  let pair: ReturnType<typeof Lab.pair>;
  let kernelMac: string;
  const running: Running[] = [];

  beforeEach(() => {
    pair = Lab.pair();
    pair.ve0.addAddress("10.0.0.1/24");
    kernelMac = pair.ve0.namespace.query<{ address: string }>("link", "show", "dev", "ve0")[0]!.address;
  });
  afterEach(() => {
    for (const one of running.splice(0)) one.child.kill("SIGKILL");
    pair.lab.close();
  });

  const start = async (...args: string[]): Promise<Running> => {
    const where = ["--netns", pair.ve1.namespace.kernel.path, "-I", "ve1", "--ip", "10.0.0.2/24"];
    const run = startVethlab("answer", ...where, ...args);
    running.push(run);
    await until(() => /ANSWERING|"answering"/.test(run.stdout()));
    return run;
  };
  const ping = (...args: string[]) =>
    new Promise<number | null>((resolve) => {
      pair.ve0.namespace.spawn("ping", ["-q", ...args], { stdio: "ignore" }).once("exit", resolve);
    });
  const end = (run: Running): Promise<Finished> => {
    run.child.kill("SIGINT");
    return run.done;
  };
  const theirs = (dst: string) => pair.ve0.namespace.neighbours().find((one) => one.dst === dst);

  test.each(["event", "block"])("gear %s: SIGUSR1 shows the table, --neigh at the end", async (gear) => {
    const known = "10.0.0.9=02:00:00:00:00:09";
    const run = await start("-q", "--gear", gear, "--neigh", "--neighbour", known);
    expect(await ping("-c", "1", "10.0.0.2")).toBe(0);
    run.child.kill("SIGUSR1");
    const set = "10.0.0.9 dev ve1 lladdr 02:00:00:00:00:09 used 0/0/0 probes 0 PERMANENT \n";
    const learnt = `10.0.0.1 dev ve1 lladdr ${kernelMac} used `;
    await until(() => run.stderr().includes(learnt));
    expect(run.stderr()).toContain(set);
    const { code, stdout } = await end(run);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /frames dropped\n.*10\.0\.0\.9 dev ve1 lladdr .*PERMANENT \n10\.0\.0\.1 dev ve1 lladdr .* STALE \n$/s,
    );
  });

  test("as JSON, an object for each time", async () => {
    const run = await start("--json", "--neigh");
    expect(await ping("-c", "1", "10.0.0.2")).toBe(0);
    run.child.kill("SIGUSR1");
    const shown = () =>
      run
        .stdout()
        .split("\n")
        .filter((line) => line.startsWith('{"event":"neighbours"'));
    await until(() => shown().length === 1);
    await end(run);
    expect(shown()).toHaveLength(2);
    expect(JSON.parse(shown()[1]!)).toMatchObject({
      neighbours: [{ dst: "10.0.0.1", dev: "ve1", lladdr: kernelMac, probes: 0, state: ["STALE"] }],
    });
    expect(run.stdout().trimEnd().split("\n").at(-1)).toBe(shown()[1]);
  });

  test("--proxy-arp: the kernel sends here what is for others", async () => {
    const run = await start("--proxy-arp", "10.0.0.64/26", "--proxy-arp", "10.0.0.7", "--proxy-delay", "0.05");
    expect(run.stdout()).toContain(", ARP also for 10.0.0.64/26, 10.0.0.7\n");
    await Promise.all(["10.0.0.7", "10.0.0.65", "10.0.0.63"].map((dst) => ping("-c", "1", "-W", "1", dst)));
    const { stdout } = await end(run);
    expect(stdout).toContain(`ARP: told 10.0.0.1 (${kernelMac}) to send what is for 10.0.0.65 here`);
    expect(theirs("10.0.0.65")?.lladdr).toBe("02:76:0a:00:00:02");
    expect(theirs("10.0.0.7")?.lladdr).toBe("02:76:0a:00:00:02");
    expect(theirs("10.0.0.63")?.lladdr).toBeUndefined();
    // It is not ours, and goes no further.
    expect(stdout).toMatch(/\d IPv4 destination is somebody else/);
  });

  test("--arp-ignore 8: nobody is answered; --arp-notify: all are told", async () => {
    pair.ve0.namespace.sysctl("net.ipv4.conf.ve0.arp_accept", 1);
    const run = await start("--arp-ignore", "8", "--arp-notify");
    await until(() => theirs("10.0.0.2")?.lladdr === "02:76:0a:00:00:02");
    pair.ve0.namespace.ip("neigh flush dev ve0");
    expect(await ping("-c", "1", "-W", "1", "10.0.0.2")).toBe(1);
    const { stdout } = await end(run);
    expect(stdout).toContain("0 ARP requests answered");
    expect(stdout).toMatch(/\d ARP for an address of ours that is not answered here/);
  });

  test("--arp-accept: an announcement makes a neighbour", async () => {
    const [closed, open] = [await start("-q", "--neigh"), await start("-q", "--neigh", "--arp-accept", "2")];
    const announce = pair.ve0.namespace.spawn("arping", ["-U", "-c", "2", "-I", "ve0", "10.0.0.1"], {
      stdio: "ignore",
    });
    await new Promise((resolve) => announce.once("exit", resolve));
    expect((await end(closed)).stdout).toMatch(/no neighbours\n$/);
    expect((await end(open)).stdout).toMatch(new RegExp(`10\\.0\\.0\\.1 dev ve1 lladdr ${kernelMac} .* STALE \n$`));
  });
});
