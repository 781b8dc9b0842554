import { expect, test } from "vitest";
import * as ipv4 from "../../packets/ipv4-address.ts";
import { Lab } from "../../src/lab/lab.ts";
import { openRawIcmp } from "../../src/link/raw-icmp.ts";
import { type IcmpSocket, openIcmpSocket } from "../../src/linux/icmp-socket.ts";
import { realClock } from "../../src/stack/clock.ts";
import { KernelTransport } from "../../src/tools/ping/kernel-transport.ts";
import { startPing } from "../../src/tools/ping/ping.ts";
import { needs } from "../support/privilege.ts";

/** Pings from ve0's namespace through a socket; the kernels do the rest. @returns exit code and output. */
async function pingThrough(open: (lab: ReturnType<typeof Lab.pair>) => IcmpSocket, target: string) {
  using pair = Lab.pair();
  pair.ve0.addAddress("10.0.0.1/24");
  pair.ve1.addAddress("10.0.0.2/24");
  let text = "";
  const out = (more: string) => {
    text += more;
  };
  const transport = new KernelTransport(open(pair), {
    dst: ipv4.parse(target)!,
    ident: 4711,
    now: () => performance.now() * 1e6,
  });
  const options = { target, address: target, count: 2, intervalMs: 10 };
  const run = startPing(transport, options, { clock: realClock, out, err: out, unixMicros: () => Date.now() * 1000 });
  const code = await run.done;
  transport.close();
  return { code, text, neighbours: pair.ve0.namespace.neighbours() };
}

const sockets: readonly [string, readonly string[], (lab: ReturnType<typeof Lab.pair>) => IcmpSocket][] = [
  [
    "raw-socket",
    ["raw-socket"],
    (pair) => openRawIcmp({ interface: "ve0", ttl: 7, namespace: pair.ve0.namespace.kernel }),
  ],
  ["our own socket", [], (pair) => pair.ve0.namespace.kernel.run(() => openIcmpSocket({ interface: "ve0", ttl: 7 }))],
];

for (const [name, packages, open] of sockets)
  needs({ netns: true, packages }).describe(`ping over the kernel's IP stack, through ${name}`, () => {
    test("is answered, and the kernel did the ARP", async () => {
      const { code, text, neighbours } = await pingThrough(open, "10.0.0.2");
      expect(text).toMatch(/^64 bytes from 10\.0\.0\.2: icmp_seq=1 ttl=64 time=[\d.]+ ms$/m);
      expect(text).toMatch(/^2 packets transmitted, 2 received, 0% packet loss/m);
      expect(code).toBe(0);
      expect(neighbours).toMatchObject([{ dst: "10.0.0.2", state: ["REACHABLE"] }]);
    });

    test("hears from the kernel that nobody is there", async () => {
      const { code, text } = await pingThrough(open, "10.0.0.9");
      expect(text).toMatch(/^From 10\.0\.0\.1 icmp_seq=1 Destination Host Unreachable$/m);
      expect(code).toBe(1);
    });
  });
