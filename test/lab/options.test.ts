/** IPv4 options between the kernel and us, each as sender, as receiver and as the routers between: ping -R, -T and source routes. */
import { expect, test } from "vitest";
import { Lab } from "../../src/lab/lab.ts";
import type { LabNamespace } from "../../src/lab/namespace.ts";
import type { Port } from "../../src/lab/port.ts";
import { type Finished, type Running, start, VETHLAB } from "../support/command.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";

type Who = "ours" | "kernel";

const A = "10.0.1.2";
const B = "10.0.3.2";
/** What a record of the route from A to B and back holds. */
const ROUND = [A, "10.0.2.1", "10.0.3.1", B, B, "10.0.2.2", "10.0.1.1", A];

/** A 10.0.1.2 — .1 router 10.0.2.1 — 10.0.2.2 router 10.0.3.1 — 10.0.3.2 B; each in a namespace of its own, A the kernel's. */
class Chain implements Disposable {
  readonly lab = Lab.create();
  readonly a: Port;
  readonly b: Port;
  readonly namespaces: readonly LabNamespace[];
  readonly #running: Running[] = [];

  private constructor() {
    this.namespaces = this.lab.addNamespaces(["a", "one", "two", "b"]);
    const [a, one, two, b] = this.namespaces as [LabNamespace, LabNamespace, LabNamespace, LabNamespace];
    const up = { up: true };
    [this.a] = this.lab.addPair({ name: "a0", namespace: a, ...up }, { name: "l0", namespace: one, ...up });
    this.lab.addPair({ name: "r0", namespace: one, ...up }, { name: "l0", namespace: two, ...up });
    this.b = this.lab.addPair({ name: "r0", namespace: two, ...up }, { name: "b0", namespace: b, ...up })[1];
    this.a.addAddress(`${A}/24`);
    a.ip("route add default via 10.0.1.1");
  }

  /** @param accept whether routers and hosts take source routes. */
  static async make(routers: Who, receiver: Who, accept = false): Promise<Chain> {
    const chain = new Chain();
    try {
      const [a, one, two, b] = chain.namespaces as [LabNamespace, LabNamespace, LabNamespace, LabNamespace];
      if (accept) acceptSourceRoutes(a, "a0");
      const ready = [
        chain.#router(routers, one, "10.0.1.1/24", "10.0.2.1/24", "10.0.3.0/24", "10.0.2.2", accept),
        chain.#router(routers, two, "10.0.2.2/24", "10.0.3.1/24", "10.0.1.0/24", "10.0.2.1", accept),
      ];
      if (receiver === "kernel") {
        chain.b.addAddress(`${B}/24`);
        b.ip("route add default via 10.0.3.1");
        if (accept) acceptSourceRoutes(b, "b0");
      } else {
        const taking = accept ? ["--accept-source-route"] : [];
        const answer = chain.start(b, process.execPath, VETHLAB, "answer", "-I", "b0", "--ip", `${B}/24`, ...taking);
        ready.push(until(() => answer.stdout().includes("ANSWERING")));
      }
      await Promise.all(ready);
      return chain;
    } catch (error) {
      chain[Symbol.dispose]();
      throw error;
    }
  }

  async #router(who: Who, at: LabNamespace, left: string, right: string, to: string, via: string, accept: boolean) {
    if (who === "ours") {
      const args = ["router", "--if", `l0=${left}`, "--if", `r0=${right}`, "--route", `${to}=${via}`];
      if (accept) args.push("--accept-source-route");
      const router = this.start(at, process.execPath, VETHLAB, ...args);
      await until(() => router.stdout().includes("on r0"));
      return;
    }
    at.ip(`address add ${left} dev l0`);
    at.ip(`address add ${right} dev r0`);
    at.ip(`route add ${to} via ${via}`);
    at.sysctl("net.ipv4.ip_forward", 1);
    if (accept) acceptSourceRoutes(at, "l0", "r0");
  }

  start(at: LabNamespace, program: string, ...args: string[]): Running {
    const running = at.kernel.run(() => start(program, args));
    this.#running.push(running);
    return running;
  }

  run(at: LabNamespace, program: string, ...args: string[]): Promise<Finished> {
    return this.start(at, program, ...args).done;
  }

  /** ping at A, the kernel's or ours, as if they were one. */
  ping(who: Who, ...args: string[]): Promise<Finished> {
    const here = this.namespaces[0]!;
    if (who === "kernel") return this.run(here, "ping", "-I", "a0", ...args);
    return this.run(here, process.execPath, VETHLAB, "ping", "-I", "a0", "--gateway", "10.0.1.1", ...args);
  }

  [Symbol.dispose](): void {
    for (const { child } of this.#running) child.kill("SIGKILL");
    this.lab.close();
  }
}

function acceptSourceRoutes(at: LabNamespace, ...names: string[]): void {
  for (const name of ["all", ...names]) at.sysctl(`net.ipv4.conf.${name}.accept_source_route`, 1);
}

/** The text with everything that the clock decides replaced. */
const timeless = (text: string) =>
  text
    .replace(/time=[\d.]+ ms/g, "time=T ms")
    .replace(/time \d+ms/g, "time Tms")
    .replace(/, pipe \d+$/gm, "")
    .replace(/= [\d.]+\/[\d.]+\/[\d.]+\/[\d.]+ ms/g, "= T/T/T/T ms")
    .replace(/\t\d+ absolute$/gm, "\tT absolute")
    .replace(/\t-?\d+$/gm, "\tT");

const routeOf = (text: string) => text.match(/\t\d+\.\d+\.\d+\.\d+$/gm)?.map((line) => line.trim());

needs({ netns: true, commands: ["ping"] }).describe("IPv4 options between the kernel and us", () => {
  test.each<[Who, Who]>([
    ["ours", "kernel"],
    ["ours", "ours"],
    ["kernel", "ours"],
    ["kernel", "kernel"],
  ])(
    "ping -R and -T through %s routers to %s host: the kernel's and ours print the same",
    async (routers, receiver) => {
      using chain = await Chain.make(routers, receiver);
      for (const args of [
        ["-R", "-c", "3", "-i", "0.02", B],
        ["-R", "-c", "1", "-q", B],
        ["-R", "-c", "1", "-t", "1", B],
        ["-T", "tsonly", "-c", "2", "-i", "0.02", B],
        ["-T", "tsandaddr", "-c", "1", B],
        ["-T", "tsprespec", "-c", "1", "10.0.2.1", "10.0.3.1", B, B],
        ["-T", "tsprespec", "-c", "1", "10.0.3.1", "10.0.2.1", B],
        ["-T", "tsprespec", "-c", "1", A, "10.0.1.1", B],
      ]) {
        // One after the other: both have A's address, and the first to ask waits for ARP.
        const theirs = await chain.ping("kernel", ...args);
        const ours = await chain.ping("ours", ...args);
        expect(timeless(ours.stdout)).toBe(timeless(theirs.stdout));
        expect(ours).toMatchObject({ code: theirs.code, stderr: theirs.stderr });
        if (args[0] === "-R" && args.includes("0.02")) {
          expect(routeOf(ours.stdout)).toEqual(ROUND);
          expect(ours.stdout.match(/\(same route\)/g)).toHaveLength(2);
        }
      }
    },
    60_000,
  );

  test("where the kernel writes another address: a router's, in times with addresses (RFC 1812, 4.2.2.2)", async () => {
    const seen: Record<string, string | undefined> = {};
    for (const routers of ["ours", "kernel"] as const) {
      using chain = await Chain.make(routers, "kernel");
      const { stdout } = await chain.ping("kernel", "-T", "tsandaddr", "-c", "1", B);
      seen[routers] = stdout.match(/\t10\.[\d.]+/g)?.map((one) => one.trim())[1];
    }
    expect(seen).toEqual({ ours: "10.0.2.1", kernel: "10.0.1.1" });
  });

  test.each<[Who, Who]>([
    ["ours", "kernel"],
    ["ours", "ours"],
    ["kernel", "ours"],
    ["kernel", "kernel"],
  ])("our ping along a source route through %s routers to the %s, and back along it", async (routers, receiver) => {
    using chain = await Chain.make(routers, receiver, true);
    const { stdout, code } = await chain.ping("ours", "-c", "1", "10.0.1.1", "10.0.2.2", B);
    expect(stdout).toMatch(
      `PING ${B} (${B}) from ${A} a0: 56(124) bytes of data.\n64 bytes from ${B}: icmp_seq=1 ttl=62 `,
    );
    // What came back: reversed by the host, each router's address in its place.
    expect(stdout).toContain("LSRR: \t10.0.2.2\n\t10.0.1.1\n");
    expect(code).toBe(0);
  });

  test("source routes are refused unless accepted, without a word", async () => {
    for (const routers of ["ours", "kernel"] as const) {
      using chain = await Chain.make(routers, "kernel");
      const { stdout, code } = await chain.ping("ours", "-c", "1", "-W", "0.3", "10.0.1.1", "10.0.2.2", B);
      expect(stdout).toContain("1 packets transmitted, 0 received, 100% packet loss");
      expect(code).toBe(1);
    }
  });

  needs({ netns: true, root: true, commands: ["tcpdump"] }).test(
    "tcpdump reads what our router and our host write",
    async () => {
      using chain = await Chain.make("ours", "ours");
      const tcpdump = chain.start(chain.namespaces[0]!, "tcpdump", "-Z", "root", "-lnvi", "a0", "icmp");
      await until(() => tcpdump.stderr().includes("listening on"));
      await chain.ping("kernel", "-R", "-c", "1", B);
      await chain.ping("kernel", "-T", "tsandaddr", "-c", "1", B);
      await until(() => tcpdump.stdout().match(/echo reply/g)?.length === 2);
      const text = tcpdump.stdout();
      const recorded = `RR ${ROUND.slice(0, -1).join(", ")}, 0.0.0.0 0.0.0.0,EOL`;
      expect(text).toContain(`options (${recorded})`);
      expect(text).toMatch(
        /options \(timestamp TS\{TS\+ADDR \d+@10\.0\.1\.2 \d+@10\.0\.2\.1 \d+@10\.0\.3\.1 \d+@10\.0\.3\.2 \^/,
      );
      expect(text).not.toMatch(/bad|invalid|malformed/);
    },
  );
});
