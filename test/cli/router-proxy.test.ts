/** RFC 1027 for real: two kernels that believe to be on one network, a transparent router of ours between them. */
import { expect } from "vitest";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const A = "10.0.1.2";
const B = "10.0.2.2";

needs({ netns: true, commands: ["ping"] }).test(
  "router --proxy-arp: hosts that know of no subnets reach each other",
  async () => {
    using wire = new Wire();
    const { ve0, ve1, lab } = wire;
    const [, far] = lab.addPair(
      { name: "ve2", namespace: ve1.namespace, up: true },
      { name: "b0", namespace: lab.addNamespace("far"), address: `${B}/16`, up: true },
    );
    ve0.addAddress(`${A}/16`);
    const start = async (...args: string[]) => {
      const run = wire.startVethlab(ve1, "router", "--if", "ve1=10.0.1.1/24", "--if", "ve2=10.0.2.1/24", ...args);
      await until(() => run.stdout().includes("on ve2"));
      return run;
    };
    const ping = (count: number) => wire.run(ve0, "ping", "-c", String(count), "-i", "0.2", "-W", "3", B);

    const plain = await start();
    expect((await ping(1)).code).toBe(1);
    process.kill(plain.pid, "SIGINT");
    await plain.done;

    const proxy = await start("--proxy-arp");
    ve0.namespace.ip("neigh flush dev ve0");
    const { code, stdout } = await ping(3);
    expect(stdout).toContain("3 packets transmitted, 3 received, 0% packet loss");
    expect(code).toBe(0);
    // Each kernel takes the router for the other.
    const lladdr = (port: typeof ve0, dst: string) =>
      port.namespace.neighbours().find((one) => one.dst === dst)?.lladdr;
    expect(lladdr(ve0, B)).toBe("02:76:0a:00:01:01");
    expect(lladdr(far, A)).toBe("02:76:0a:00:02:01");
    process.kill(proxy.pid, "SIGUSR1");
    await until(() => proxy.stderr().includes(`${A} dev ve1 lladdr`) && proxy.stderr().includes(`${B} dev ve2 lladdr`));
    process.kill(proxy.pid, "SIGINT");
    expect((await proxy.done).code).toBe(0);
  },
  30_000,
);
