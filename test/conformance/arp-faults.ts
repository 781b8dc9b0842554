/** Faults of ARP: see faults.ts. */
import * as arp from "../../packets/arp.ts";
import * as mac from "../../packets/mac.ts";
import { hears, type NamedFault, says, set } from "./faults.ts";
import { atMost, change, die, ip, isArp, isArpOf, isIcmp, lose, NET, setMac } from "./rewrites.ts";

const isRequest = (frame: Uint8Array) => isArpOf(frame, 1);
const isReply = (frame: Uint8Array) => isArpOf(frame, 2);
const isProbe = (frame: Uint8Array) => isRequest(frame) && arp.senderIp(frame, NET) === 0;
const isUnicastRequest = (frame: Uint8Array) => isRequest(frame) && frame[0] !== 0xff;
const PEER = "02:00:0a:00:00:02";
const HOST = ip("10.0.0.1");

export const ARP_FAULTS: readonly NamedFault[] = [
  says("answers no ARP request", "1a 1g 2a 2f 2g 8a 13d", () => lose(isReply)),
  hears("does not look at the hardware type", "1b 1c 13c", () => change(isArp, (f) => f.set([0, 1], NET + arp.HTYPE))),
  hears("does not look at the protocol type", "1d", () => change(isArp, (f) => f.set([8, 0], NET + arp.PTYPE))),
  hears("does not look at the hardware length", "1e", () => change(isArp, (f) => (f[NET + arp.HLEN] = 6))),
  hears("does not look at the protocol length", "1f", () => change(isArp, (f) => (f[NET + arp.PLEN] = 4))),
  hears("takes no padded packet", "1g", () => lose((f) => isArp(f) && f.length > NET + arp.LENGTH)),
  hears("takes what the frame does not hold for zeros", "1h", () => (f) => {
    if (!isArp(f) || f.length === NET + arp.LENGTH) return [f];
    const whole = new Uint8Array(NET + arp.LENGTH);
    whole.set(f.subarray(0, whole.length));
    arp.setTargetIp(whole, NET, HOST);
    return [whole];
  }),
  says("answers by broadcast", "2a 2f 2g", () => change(isReply, (f) => f.fill(0xff, 0, 6))),
  says("leaves the target's fields of an answer empty", "2a", () =>
    change(isReply, (f) => f.fill(0, NET + arp.THA, NET + 28)),
  ),
  says("gives the wrong hardware address in an answer", "1a 2a 8a", () =>
    change(isReply, (f) => (f[NET + arp.SHA + 5]! ^= 1)),
  ),
  hears("learns from no request", "2b", () =>
    change(isRequest, (f) => {
      arp.setSenderIp(f, NET, ip("10.0.0.200"));
    }),
  ),
  hears("learns from requests for anybody", "2c 2i", () => change(isRequest, (f) => arp.setTargetIp(f, NET, HOST))),
  hears("brings up to date by requests for itself alone", "2d", () =>
    lose((f) => isRequest(f) && arp.targetIp(f, NET) !== HOST),
  ),
  hears("keeps the first hardware address that it learnt", "2d 2e", () =>
    change(isRequest, (f) => {
      setMac(f, NET + arp.SHA, PEER);
    }),
  ),
  hears("answers to the frame's source", "2f", () => change(isRequest, (f) => f.copyWithin(NET + arp.SHA, 6, 12))),
  hears("takes requests by broadcast alone", "2g", () => lose((f) => isUnicastRequest(f))),
  hears("answers for its first address alone", "2h", () =>
    lose((f) => isRequest(f) && arp.targetIp(f, NET) === ip("10.0.0.3")),
  ),
  hears("answers for everybody", "2c 2i 8e", () => change(isRequest, (f) => arp.setTargetIp(f, NET, HOST))),
  hears("answers replies", "2j", () => change(isReply, (f) => arp.setOperation(f, NET, 1))),
  set("takes replies that nobody asked for", "2l 2n", { arp: { arpAccept: 1 } }),
  set("takes no reply that nobody asked for, whatever it is told", "2m", { arp: { arpAccept: 0 } }),
  hears("heeds no announcement", "2o", () =>
    lose((f) => isRequest(f) && arp.senderIp(f, NET) === arp.targetIp(f, NET)),
  ),
  set("answers whatever it is told", "2p", { arp: { arpIgnore: 0 } }),
  says("asks with the target's hardware address set", "2k", () =>
    change(isRequest, (f) => f.fill(0xff, NET + arp.THA, NET + arp.THA + 6)),
  ),
  says("asks without its own address", "2k", () => change(isRequest, (f) => arp.setSenderIp(f, NET, 0))),
  set("believes an entry for ever", "3a 3c", { neighbours: { baseReachableMs: 1e9 } }),
  says("polls by broadcast", "3a 3c", () => change(isUnicastRequest, (f) => f.fill(0xff, 0, 6))),
  set("never gives an entry up", "3a 3c", { neighbours: { unicastRequests: 1000 } }),
  set("heeds no setting of how long an entry holds", "3b", {
    neighbours: { baseReachableMs: 1000, delayFirstProbeMs: 10 },
  }),
  set("asks ten times a second", "4a", { neighbours: { retransMs: 100 } }),
  says("asks for every packet", "4a", () => (f) => (isRequest(f) ? [f, f] : [f])),
  says("asks for one address in all", "4b", () => {
    let first: number | null = null;
    return (f) => {
      if (!isRequest(f)) return [f];
      first ??= arp.targetIp(f, NET);
      return arp.targetIp(f, NET) === first ? [f] : [];
    };
  }),
  set("never stops asking", "4c 5c 6b", { neighbours: { broadcastRequests: 1000 } }),
  says("keeps the oldest packet alone", "5a 5b", () => atMost(1, (f) => isIcmp(f, 8))),
  set("keeps one packet alone", "5b 5d", { neighbours: { queueLimit: 1 } }),
  set("heeds no setting of how many packets wait", "5d", { neighbours: { queueLimit: 100 } }),
  set("says unreachable at once", "6a", { neighbours: { retransMs: 1, broadcastRequests: 1 } }),
  says("never says unreachable", "6b", () => lose((f) => isIcmp(f, 3))),
  hears("believes group addresses to be stations'", "7a 7b 7c 7d", () =>
    change(isArp, (f) => {
      if (mac.isMulticast(f, NET + arp.SHA) || mac.isZero(f, NET + arp.SHA)) setMac(f, NET + arp.SHA, PEER);
    }),
  ),
  hears("answers no probe", "8a 8b 8c", () => lose(isProbe)),
  hears("learns from probes", "8b 8c", () =>
    change(isProbe, (f) => {
      arp.setSenderIp(f, NET, ip("10.0.0.2"));
    }),
  ),
  hears("answers probes for anybody", "8e", () => change(isProbe, (f) => arp.setTargetIp(f, NET, HOST))),
  hears("takes a reply from nobody for a request", "8d", () =>
    change(
      (f) => isReply(f) && arp.senderIp(f, NET) === 0,
      (f) => arp.setOperation(f, NET, 1),
    ),
  ),
  hears("takes every operation for a request", "13a 13b 2j", () => change(isArp, (f) => arp.setOperation(f, NET, 1))),
  hears("dies of a reserved operation", "13d", () => die((f) => isArp(f) && arp.operation(f, NET) === 0)),
];
