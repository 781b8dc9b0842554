/** Faults of address conflict detection (RFC 5227): see faults.ts. */
import * as arp from "../../packets/arp.ts";
import { blurts, hears, type NamedFault, says, set } from "./faults.ts";
import { change, ip, isArp, isArpOf, lose, NET, setMac } from "./rewrites.ts";

const CLAIMED = ip("10.0.0.9");
const OTHER = "02:00:00:00:00:98";
const HOST_MAC = [0x02, 0x76, 0x0a, 0, 0, 0x01];

const isRequest = (f: Uint8Array) => isArpOf(f, 1);
const isReply = (f: Uint8Array) => isArpOf(f, 2);
const isProbe = (f: Uint8Array) => isRequest(f) && arp.senderIp(f, NET) === 0;
const isAnnouncement = (f: Uint8Array) => isRequest(f) && arp.senderIp(f, NET) === arp.targetIp(f, NET);
const isOurs = (f: Uint8Array) => isArp(f) && HOST_MAC.every((byte, i) => f[NET + arp.SHA + i] === byte);

export const ACD_FAULTS: readonly NamedFault[] = [
  set("probes once", "9a 9d", { acd: { probeNum: 1 } }),
  set("waits long before it probes", "9a 9c", { acd: { probeWaitMs: 1e9 } }),
  set("probes ten times a second", "9a 9d", { acd: { probeMinMs: 90, probeMaxMs: 110 } }),
  set("announces at once", "9a 10f", { acd: { announceWaitMs: 1 } }),
  set("announces once", "9a 11b 12b", { acd: { announceNum: 1 } }),
  set("announces again after half a second", "9a", { acd: { announceIntervalMs: 500 } }),
  blurts("answers for the address that it probes for", "9b", (f) => {
    if (!isRequest(f) || isProbe(f) || arp.targetIp(f, NET) !== CLAIMED) return null;
    const reply = f.slice();
    reply.copyWithin(0, 6, 12);
    reply.set(HOST_MAC, 6);
    arp.setOperation(reply, NET, 2);
    reply.set(HOST_MAC, NET + arp.SHA);
    arp.setSenderIp(reply, NET, CLAIMED);
    return reply;
  }),
  says("probes with its address as the sender's", "9a 9c", () =>
    change(isProbe, (f) => arp.setSenderIp(f, NET, ip("10.0.0.1"))),
  ),
  says("probes with a target's hardware address", "9c", () =>
    change(isProbe, (f) => f.fill(0xff, NET + arp.THA, NET + arp.THA + 6)),
  ),
  says("answers for nothing that it has claimed", "9d 10g", () => lose(isReply)),
  hears("takes a reply for no conflict", "10a 10f", () => lose(isReply)),
  hears("takes a request for no conflict", "10b", () => lose((f) => isRequest(f) && !isProbe(f))),
  hears("takes another's probe for no conflict", "10c", () => lose(isProbe)),
  hears("takes its own packets for another's", "10d 11g", () =>
    change(isOurs, (f) => {
      setMac(f, 6, OTHER);
      setMac(f, NET + arp.SHA, OTHER);
    }),
  ),
  hears("takes who asks for the address for who has it", "10e", () =>
    change(
      (f) => isRequest(f) && arp.targetIp(f, NET) === CLAIMED,
      (f) => arp.setSenderIp(f, NET, CLAIMED),
    ),
  ),
  hears("takes a probe for a conflict when the address is in use", "10g", () =>
    change(isProbe, (f) => {
      arp.setSenderIp(f, NET, CLAIMED);
    }),
  ),
  set("tries again after any number of conflicts", "11a", { acd: { maxConflicts: 1_000_000 } }),
  hears("does not see that somebody else uses its address", "11b 11c 11e 11f", () => lose(isAnnouncement)),
  set("defends itself again and again", "11c 11f", { acd: { defendIntervalMs: 1 } }),
  set("defends itself once for all", "11d", { acd: { defendIntervalMs: 1e9 } }),
  says("announces by replies", "9a 12a", () => change(isAnnouncement, (f) => arp.setOperation(f, NET, 2))),
  {
    does: "probes again after some hours",
    red: ["12b"],
    make: () => ({ host: (host) => void host.clock.setTimer(10 * 3_600_000, () => host.probe("10.0.0.9")) }),
  },
];
