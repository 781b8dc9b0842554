import * as mac from "../../../packets/mac.ts";
import { Host } from "../../stack/host.ts";
import type { Act } from "../act.ts";

export const userlandAnswers: Act = {
  title: "The same, but a program answers",
  scene: "[kernel] ve0 10.0.2.1/24 ━━━━━━━━ ve1 (bare) [vethlab's host: 10.0.2.2]          one namespace",
  expectation:
    "ve1 still has no address, but now our own host sits on it: TypeScript that reads frames from a packet socket, with " +
    "a MAC address of its own. It answers ARP for 10.0.2.2, and echo requests. The kernel's ping cannot tell the " +
    "difference: one ARP exchange, then three echo requests and replies, 0% loss. The proof that no kernel answered: ve1 " +
    "sent exactly the frames that our host wrote, and the kernel's counter of echo replies stays at 0.",
  lesson:
    "an address is whatever answers for it. The wire carries bytes; whether a kernel or a program wrote them, nobody can see.",
  async run(stage) {
    const namespace = stage.addShell("lab");
    const [ve0, ve1] = stage.lab.addPair({ name: "ve0", namespace }, { name: "ve1", namespace });
    ve0.addAddress("10.0.2.1/24").up();
    ve1.up();
    const wire = stage.watch(ve1);
    const link = stage.openLink(ve1);
    const host = new Host(link, { addresses: ["10.0.2.2/24"] });
    stage.command("vethlab answer -I ve1 --ip 10.0.2.2 &", namespace.label);
    const ping = await stage.ping(namespace, "-c", "3", "-i", "0.2", "10.0.2.2");
    stage.blank();

    const count = (kind: string) => wire.of(kind).length;
    const seen = host.stats();
    stage.check(
      "ping: 0% loss",
      ping.received === 3 && ping.code === 0,
      `${ping.received} of ${ping.transmitted} answered`,
    );
    stage.checkEqual("ARP requests on the wire", 1, count("arp-request"));
    stage.checkEqual("ARP replies", 1, count("arp-reply"));
    stage.checkEqual("echo requests", 3, count("echo-request"));
    stage.checkEqual("echo replies", 3, count("echo-reply"));
    const entry = namespace.neighbours().find((one) => one.dst === "10.0.2.2");
    const ours = mac.format(host.mac);
    stage.check(
      "the kernel learnt our host's MAC address, not ve1's",
      entry?.lladdr === ours,
      entry?.lladdr ?? "no entry",
    );
    const wrote = link.stats().txFrames;
    stage.check(
      "ve1's tx_packets are exactly the frames that our host wrote",
      ve1.counters().txPackets === wrote && wrote === seen.arpAnswered + seen.echoAnswered,
      `${ve1.counters().txPackets} and ${wrote}`,
    );
    stage.checkEqual(
      "echo replies that the kernel sent (Icmp OutEchoReps)",
      0,
      namespace.snmp().get("Icmp.OutEchoReps") ?? -1,
    );
    host.close();
  },
};
