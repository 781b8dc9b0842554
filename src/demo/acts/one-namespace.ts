import type { Act } from "../act.ts";

export const oneNamespace: Act = {
  title: "Both ends in one namespace: what goes wrong",
  scene: "[kernel] ve0 10.0.3.1/24 ━━━━━━━━ ve1 10.0.3.2/24 [the same kernel]          one namespace",
  expectation:
    'Both ends belong to one network stack, so both addresses are its own. A plain ping to 10.0.3.2 "works", but over ' +
    "lo: the table of local addresses is asked before all others, and no frame touches the wire. Forced out with " +
    "`ping -I ve0`, the ARP request does reach ve1, and goes unanswered: its sender 10.0.3.1 is one of the kernel's own " +
    "addresses, and from outside such a packet looks forged. Setting accept_local lifts that check: ARP is answered and " +
    "the echo request crosses the wire; the reply still takes lo.",
  lesson: "to have two hosts, one needs two network stacks: that is what namespaces are for (act 4).",
  async run(stage) {
    const namespace = stage.addShell("lab");
    const [ve0, ve1] = stage.lab.addPair({ name: "ve0", namespace }, { name: "ve1", namespace });
    ve0.addAddress("10.0.3.1/24").up();
    ve1.addAddress("10.0.3.2/24").up();
    const wire = stage.watch(ve1);

    const plain = await stage.ping(namespace, "-c", "2", "-i", "0.2", "10.0.3.2");
    stage.check("the plain ping works", plain.received === 2, `${plain.received} of ${plain.transmitted} answered`);
    stage.checkEqual("but frames on the wire", 0, wire.frames.length);
    const routes = namespace.routes().filter((route) => route.dst === "10.0.3.0/24");
    stage.check(
      "two routes for one prefix, and only the first is ever used",
      routes.length === 2,
      routes.map((route) => `${route.dst} dev ${route.dev}`).join(", "),
    );

    const forced = await stage.ping(namespace, "-I", "ve0", "-c", "1", "-W", "1", "10.0.3.2");
    const asked = wire.of("arp-request").length;
    stage.check("forced out at ve0, it asks: ARP requests that reached ve1", asked >= 1, asked);
    stage.checkEqual("ARP replies", 0, wire.of("arp-reply").length);
    stage.check(
      "and no echo comes back",
      forced.received === 0,
      `${forced.received} of ${forced.transmitted} answered`,
    );

    // Forget the request that still waits for an answer, so that the next frames belong to the next ping.
    namespace.ip("neighbour flush dev ve0");
    const before = wire.frames.length;
    namespace.sysctl("net.ipv4.conf.ve1.accept_local", 1);
    const accepted = await stage.ping(namespace, "-I", "ve0", "-c", "1", "-W", "1", "10.0.3.2");
    const since = wire.frames.slice(before);
    const count = (kind: string) => since.filter((frame) => frame.kind === kind).length;
    stage.check("with accept_local on ve1, ARP is answered", count("arp-reply") === 1, `${count("arp-reply")} reply`);
    stage.check("the echo request crosses the wire", count("echo-request") >= 1, count("echo-request"));
    stage.checkEqual("its reply does not: echo replies on the wire", 0, count("echo-reply"));
    stage.check(
      "it came by lo, and ping has it",
      accepted.received === 1,
      `${accepted.received} of ${accepted.transmitted} answered`,
    );
  },
};
