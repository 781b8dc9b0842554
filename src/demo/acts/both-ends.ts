import { Host } from "../../stack/host.ts";
import type { Act } from "../act.ts";

const PINGS = 3;

export const bothEnds: Act = {
  title: "Our host on both ends: no kernel takes part",
  scene: "[vethlab's host: 10.0.5.1] ve0 ━━━━━━━━ ve1 [vethlab's host: 10.0.5.2]          two namespaces, no address",
  expectation:
    "Neither end has an address in any kernel; one host of ours asks, another answers. The same frames cross as before: " +
    "one ARP exchange, three echoes. The kernels carry the bytes and do nothing else: their ICMP counters stay at 0, their " +
    "neighbour tables stay empty, and both interfaces sent exactly what our hosts wrote.",
  lesson:
    "ARP and ICMP are a few hundred lines that anybody may write; the kernel's are one implementation among others.",
  async run(stage) {
    const left = stage.addShell("left");
    const { namespace: right, pid } = stage.addProcess("right");
    const [ve0, ve1] = stage.lab.addPair({ name: "ve0", namespace: left }, { name: "ve1", namespace: right });
    ve0.up();
    ve1.up();
    const wire = stage.watch(ve1);
    const links = [stage.openLink(ve0), stage.openLink(ve1)] as const;
    const asking = new Host(links[0], { addresses: ["10.0.5.1/24"] });
    const answering = new Host(links[1], { addresses: ["10.0.5.2/24"] });
    stage.command(`vethlab answer --netns ${pid} -I ve1 --ip 10.0.5.2 &`);
    const ping = await stage.ownPing(asking, "10.0.5.2", PINGS);
    stage.blank();

    const count = (kind: string) => wire.of(kind).length;
    stage.check(
      "our ping: every echo answered, once",
      ping.received === PINGS && ping.duplicates === 0 && ping.errors === 0,
      `${ping.received} of ${ping.transmitted} answered`,
    );
    stage.checkEqual("ARP requests on the wire", 1, count("arp-request"));
    stage.checkEqual("ARP replies", 1, count("arp-reply"));
    stage.checkEqual("echo requests", PINGS, count("echo-request"));
    stage.checkEqual("echo replies", PINGS, count("echo-reply"));
    for (const [port, link] of [
      [ve0, links[0]],
      [ve1, links[1]],
    ] as const) {
      const wrote = link.stats().txFrames;
      const sent = port.counters().txPackets;
      stage.check(
        `${port.name} sent exactly what our host wrote`,
        sent === wrote && wrote > 0,
        `${sent} and ${wrote} frames`,
      );
    }
    const kernels = [left, right].map((namespace) => {
      const snmp = namespace.snmp();
      return ["Icmp.InMsgs", "Icmp.OutMsgs"].reduce((sum, name) => sum + (snmp.get(name) ?? -1), 0);
    });
    stage.check(
      "ICMP messages that the two kernels saw or sent",
      kernels.every((sum) => sum === 0),
      kernels.join(" and "),
    );
    const known = left.neighbours().length + right.neighbours().length;
    stage.checkEqual("entries in their neighbour tables", 0, known);
    asking.close();
    answering.close();
  },
};
