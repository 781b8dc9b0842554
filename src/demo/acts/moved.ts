import type { PortState } from "../../lab/port.ts";
import type { Act } from "../act.ts";

export const moved: Act = {
  title: "One end moves into a namespace of its own",
  scene: "[kernel] ve0 10.0.4.1/24 ━━━━━━━━ ve1 10.0.4.2/24 [another network stack]          two namespaces",
  expectation:
    "A process made with `unshare -n` lives in an empty network namespace. `ip link set ve1 netns PID` moves one end of " +
    "the cable to it. The end comes out reset: its address and its up flag are gone, its MAC address and MTU survive; the " +
    "cable stays plugged in. Addressed and set up again, it is a second host: ARP is answered and the kernel's ping crosses.",
  lesson:
    "two namespaces and a cable are a network. Mininet builds whole topologies from just this, and a container is such a " +
    "namespace (with cgroups as its other half).",
  async run(stage) {
    const home = stage.addShell("home");
    const { namespace: away, pid } = stage.addProcess("away");
    const [ve0, ve1] = stage.lab.addPair({ name: "ve0", namespace: home }, { name: "ve1", namespace: home });
    ve0.addAddress("10.0.4.1/24").up();
    ve1.addAddress("10.0.4.2/24").up();
    const wire = stage.watch(ve0);
    const before = ve1.state();
    stage.say(`ve1 before: ${describe(before)}`);
    ve1.moveTo(away, pid);
    const after = ve1.state();
    stage.say(`ve1 after:  ${describe(after)}`);
    stage.check(
      "moved, its address is gone",
      before.addresses.length === 1 && after.addresses.length === 0,
      list(after),
    );
    stage.check("and it is down", before.up && !after.up, after.up ? "up" : "down");
    stage.check("its MAC address survives", after.mac === before.mac, after.mac);
    stage.check("its MTU survives", after.mtu === before.mtu, after.mtu);
    stage.blank();

    ve1.addAddress("10.0.4.2/24").up();
    // The kernel notices a moment later that the cable carries again; until then it would drop what is sent.
    await stage.settle();
    const ping = await stage.ping(home, "-c", "3", "-i", "0.2", "10.0.4.2");
    stage.blank();
    const count = (kind: string) => wire.of(kind).length;
    stage.check(
      "addressed again: the kernel's ping crosses",
      ping.received === 3,
      `${ping.received} of ${ping.transmitted} answered`,
    );
    const exchange = `${count("arp-request")} asked, ${count("arp-reply")} answered`;
    stage.check("ARP asked and answered on the wire", count("arp-request") >= 1 && count("arp-reply") >= 1, exchange);
    stage.checkEqual("echo requests on the wire", 3, count("echo-request"));
    stage.checkEqual("echo replies that the kernel over there sent", 3, away.snmp().get("Icmp.OutEchoReps") ?? -1);
  },
};

function describe(state: PortState): string {
  return `${state.up ? "up" : "down"}, ${list(state)}, MAC ${state.mac}, MTU ${state.mtu}`;
}

function list(state: PortState): string {
  return state.addresses.length === 0 ? "no address" : state.addresses.join(" ");
}
