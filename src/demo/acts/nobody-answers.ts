import type { Act } from "../act.ts";

export const nobodyAnswers: Act = {
  title: "Somebody asks, and nobody answers",
  scene: "[kernel] ve0 10.0.1.1/24 ━━━━━━━━ ve1 (bare)          one namespace",
  expectation:
    "Only ve0 has an address. When the kernel's ping wants 10.0.1.2, its route says \"it is on ve0's wire\", so the " +
    "kernel must learn a MAC address first: it broadcasts an ARP request, once a second, three times. The requests come " +
    "out at ve1, where nobody owns 10.0.1.2: no answer, the neighbour entry fails, and after 3 seconds ping says " +
    '"Destination Host Unreachable". No echo request is ever sent.',
  lesson: "a ping begins with ARP. Without an answer to it, not one ICMP packet leaves the machine.",
  async run(stage) {
    const namespace = stage.addShell("lab");
    const [ve0, ve1] = stage.lab.addPair({ name: "ve0", namespace }, { name: "ve1", namespace });
    ve0.addAddress("10.0.1.1/24").up();
    ve1.up();
    const wire = stage.watch(ve1);
    const ping = await stage.ping(namespace, "-c", "1", "10.0.1.2");
    stage.blank();

    const requests = wire.of("arp-request");
    const gaps = requests.slice(1).map((frame, i) => (frame.time - requests[i]!.time) / 1e9);
    stage.checkEqual("ARP requests that came out at ve1", 3, requests.length);
    stage.check(
      "one a second",
      gaps.length === 2 && gaps.every((gap) => gap > 0.9 && gap < 1.5),
      gaps.map((gap) => `${gap.toFixed(2)} s`).join(", "),
    );
    stage.checkEqual("frames of any other kind", 0, wire.frames.length - requests.length);
    stage.checkEqual("frames that ve1 sent (its counter tx_packets)", 0, ve1.counters().txPackets);
    const state =
      namespace
        .neighbours()
        .find((entry) => entry.dst === "10.0.1.2")
        ?.state.join() ?? "no entry";
    stage.check("the kernel's neighbour entry for 10.0.1.2 has failed", state === "FAILED", state);
    stage.check(
      "ping gives up after about 3 s: unreachable",
      ping.received === 0 && ping.unreachable && ping.code === 1 && ping.seconds > 2.5 && ping.seconds < 5,
      `${ping.seconds.toFixed(1)} s, exit code ${ping.code}`,
    );
  },
};
