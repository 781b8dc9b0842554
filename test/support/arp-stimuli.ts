/**
 * What ARP can be made to face: the same for the kernel and for a host of ours. Whoever is asked is 10.0.0.2/16 and
 * 10.0.0.3/24 on the interface that the packets come in by, and 10.9.0.1/16 on another; packets for 10.9/16 go there.
 */
import * as arp from "../../packets/arp.ts";
import * as ethernet from "../../packets/ethernet.ts";
import { EtherType } from "../../packets/ethernet.ts";
import * as address from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import type { Random } from "../../src/stack/random.ts";

export interface Stimulus {
  readonly name: string;
  /** Linux heeds it; a host of ours does not, whatever its switches say. */
  readonly isRefused?: true;
  /** The frames, in order, from a sender who has not been heard of before. @param host the MAC address of who is asked. */
  frames(sender: Sender, host: Uint8Array): Uint8Array[];
}

/** Addresses that one stimulus speaks from: on the network of who is asked, or off it. */
export interface Sender {
  readonly ip: number;
  readonly offLink: number;
  readonly mac: Uint8Array;
  readonly otherMac: Uint8Array;
}

export function senderOf(config: number, stimulus: number): Sender {
  return {
    ip: address.parse(`10.0.${config + 1}.${stimulus + 1}`)!,
    offLink: address.parse(`172.16.${config + 1}.${stimulus + 1}`)!,
    mac: Uint8Array.of(2, 0, 0, config, stimulus, 1),
    otherMac: Uint8Array.of(2, 0, 0, config, stimulus, 2),
  };
}

const ip = (text: string) => address.parse(text)!;
const OWN = ip("10.0.0.2");
const ALSO_OWN = ip("10.0.0.3");
const OTHER_INTERFACE = ip("10.9.0.1");
const BEHIND = ip("10.9.0.77");
const BESIDE = ip("10.0.0.77");
const NOWHERE = ip("192.0.2.1");

interface Fields {
  oper?: number;
  sha: Uint8Array;
  spa: number;
  tha?: Uint8Array;
  tpa: number;
  to?: Uint8Array;
  src?: Uint8Array;
}

function frame({ oper = 1, sha, spa, tha = mac.ZERO, tpa, to = mac.BROADCAST, src = sha }: Fields): Uint8Array {
  const payload = arp.build({ oper, sha, spa, tha, tpa });
  return ethernet.build({ dst: to, src, type: EtherType.Arp, payload });
}

const ask = (tpa: number) => (s: Sender) => [frame({ sha: s.mac, spa: s.ip, tpa })];
const probe = (tpa: number) => (s: Sender) => [frame({ sha: s.mac, spa: 0, tpa })];

export const STIMULI: readonly Stimulus[] = [
  { name: "a request for our address", frames: ask(OWN) },
  { name: "a request for our other address", frames: ask(ALSO_OWN) },
  { name: "a request for our address on the other interface", frames: ask(OTHER_INTERFACE) },
  { name: "a request from off the link", frames: (s) => [frame({ sha: s.mac, spa: s.offLink, tpa: OWN })] },
  { name: "a request to us alone", frames: (s, host) => [frame({ sha: s.mac, spa: s.ip, tpa: OWN, to: host })] },
  { name: "a probe for our address", frames: probe(OWN) },
  { name: "a probe for our address on the other interface", frames: probe(OTHER_INTERFACE) },
  { name: "an announcement", frames: (s) => [frame({ sha: s.mac, spa: s.ip, tpa: s.ip })] },
  { name: "an announcement from off the link", frames: (s) => [frame({ sha: s.mac, spa: s.offLink, tpa: s.offLink })] },
  {
    name: "a gratuitous reply",
    frames: (s) => [frame({ oper: 2, sha: s.mac, spa: s.ip, tha: s.mac, tpa: s.ip })],
  },
  {
    name: "a gratuitous reply without a target MAC",
    frames: (s) => [frame({ oper: 2, sha: s.mac, spa: s.ip, tpa: s.ip })],
  },
  {
    name: "a reply that nobody asked for",
    frames: (s, host) => [frame({ oper: 2, sha: s.mac, spa: s.ip, tha: host, tpa: OWN, to: host })],
  },
  {
    name: "the same to everybody",
    frames: (s, host) => [frame({ oper: 2, sha: s.mac, spa: s.ip, tha: host, tpa: OWN })],
  },
  {
    name: "the same from off the link",
    frames: (s, host) => [frame({ oper: 2, sha: s.mac, spa: s.offLink, tha: host, tpa: OWN, to: host })],
  },
  {
    name: "a reply to us that names another target",
    frames: (s, host) => [frame({ oper: 2, sha: s.mac, spa: s.ip, tpa: BESIDE, to: host })],
  },
  { name: "a request for a host beside us", frames: ask(BESIDE) },
  { name: "a request for a host behind us", frames: ask(BEHIND) },
  { name: "the same to us alone", frames: (s, host) => [frame({ sha: s.mac, spa: s.ip, tpa: BEHIND, to: host })] },
  { name: "the same from off the link", frames: (s) => [frame({ sha: s.mac, spa: s.offLink, tpa: BEHIND })] },
  { name: "a probe for a host behind us", frames: probe(BEHIND) },
  { name: "an announcement by a host behind us", frames: (s) => [frame({ sha: s.mac, spa: BEHIND, tpa: BEHIND })] },
  { name: "a request for the broadcast address of the network behind us", frames: ask(ip("10.9.255.255")) },
  { name: "a request for a host to whom no way leads", frames: ask(NOWHERE) },
  {
    name: "a known neighbour asks somebody else, from another MAC address, at once",
    frames: (s) => [...ask(OWN)(s), frame({ sha: s.otherMac, spa: s.ip, tpa: BESIDE })],
  },
  {
    name: "a known neighbour asks us, from another MAC address, at once",
    frames: (s) => [...ask(OWN)(s), frame({ sha: s.otherMac, spa: s.ip, tpa: OWN })],
  },
  {
    name: "a known neighbour replies from another MAC address, at once",
    frames: (s, host) => [
      ...ask(OWN)(s),
      frame({ oper: 2, sha: s.otherMac, spa: s.ip, tha: host, tpa: OWN, to: host }),
    ],
  },
  {
    name: "a known neighbour announces another MAC address, at once",
    frames: (s) => [...ask(OWN)(s), frame({ sha: s.otherMac, spa: s.ip, tpa: s.ip })],
  },
  {
    name: "a known neighbour replies to everybody, its target empty, from another MAC address, at once",
    frames: (s) => [...ask(OWN)(s), frame({ oper: 2, sha: s.otherMac, spa: s.ip, tpa: s.ip })],
  },
  {
    name: "a known neighbour replies",
    frames: (s, host) => [...ask(OWN)(s), frame({ oper: 2, sha: s.mac, spa: s.ip, tha: host, tpa: OWN, to: host })],
  },
  {
    name: "a known neighbour replies to us, and names another target",
    frames: (s, host) => [...ask(OWN)(s), frame({ oper: 2, sha: s.mac, spa: s.ip, tpa: BESIDE, to: host })],
  },
  {
    name: "a known neighbour replies to everybody",
    frames: (s, host) => [...ask(OWN)(s), frame({ oper: 2, sha: s.mac, spa: s.ip, tha: host, tpa: OWN })],
  },
  {
    name: "a request from the network's broadcast address",
    isRefused: true,
    frames: (s) => [frame({ sha: s.mac, spa: ip("10.0.255.255"), tpa: OWN })],
  },
  { name: "a request from a loopback address", frames: (s) => [frame({ sha: s.mac, spa: ip("127.0.0.7"), tpa: OWN })] },
  {
    name: "a request from a multicast address",
    frames: (s) => [frame({ sha: s.mac, spa: ip("224.0.0.7"), tpa: OWN })],
  },
  {
    name: "a request from a reserved address",
    isRefused: true,
    frames: (s) => [frame({ sha: s.mac, spa: ip("240.0.0.7"), tpa: OWN })],
  },
  { name: "a request from our own address", frames: (s) => [frame({ sha: s.mac, spa: OWN, tpa: ALSO_OWN })] },
  {
    name: "a request from a multicast MAC",
    isRefused: true,
    frames: (s) => [frame({ sha: Uint8Array.of(1, 0, 0x5e, 0, 0, 7), spa: s.ip, tpa: OWN, src: s.mac })],
  },
  {
    name: "a request from the broadcast MAC",
    isRefused: true,
    frames: (s) => [frame({ sha: mac.BROADCAST, spa: s.ip, tpa: OWN, src: s.mac })],
  },
  {
    name: "a request from no MAC",
    isRefused: true,
    frames: (s) => [frame({ sha: mac.ZERO, spa: s.ip, tpa: OWN, src: s.mac })],
  },
  {
    name: "a request whose frame comes from another station than its sender",
    frames: (s) => [frame({ sha: s.otherMac, spa: s.ip, tpa: OWN, src: s.mac })],
  },
  {
    name: "a request for another MAC's frame",
    frames: (s) => [frame({ sha: s.mac, spa: s.ip, tpa: OWN, to: s.otherMac })],
  },
  { name: "a request for a loopback address", frames: ask(ip("127.0.0.1")) },
  { name: "a request for a multicast address", frames: ask(ip("224.0.0.1")) },
  { name: "a request for the network's broadcast address", frames: ask(ip("10.0.255.255")) },
  {
    name: "a request with hardware type 6 (IEEE 802)",
    isRefused: true,
    frames: (s) => ask(OWN)(s).map((bytes) => bytes.with(15, 6)),
  },
  { name: "a reverse request", frames: (s) => [frame({ oper: 3, sha: s.mac, spa: s.ip, tpa: OWN })] },
];

/** One to three packets at random from one sender. */
export function randomStimulus(random: Random): Stimulus {
  const pick = <T>(...choices: T[]): T => choices[random.uint32() % choices.length]!;
  const packets = Array.from({ length: pick(1, 2, 3) }, () => ({
    oper: pick(1, 1, 2),
    spa: pick<(s: Sender) => number>(
      (s) => s.ip,
      (s) => s.ip,
      (s) => s.offLink,
      () => 0,
    ),
    tpa: pick<(s: Sender) => number>(
      ...[OWN, OWN, ALSO_OWN, OTHER_INTERFACE, BEHIND, BESIDE, NOWHERE].map((one) => () => one),
      (s: Sender) => s.ip,
      (s: Sender) => s.offLink,
    ),
    sha: pick<"mac" | "otherMac">("mac", "mac", "otherMac"),
    tha: pick<"zero" | "sender" | "host">("zero", "sender", "host"),
    to: pick<"all" | "host">("all", "host"),
  }));
  return {
    name: packets.map((one) => JSON.stringify(one)).join(),
    frames: (s, host) =>
      packets.map(({ oper, spa, tpa, sha, tha, to }) =>
        frame({
          oper,
          sha: s[sha],
          spa: spa(s),
          tha: { zero: mac.ZERO, sender: s[sha], host }[tha],
          tpa: tpa(s),
          to: to === "all" ? mac.BROADCAST : host,
        }),
      ),
  };
}

/** One ARP reply as text, if the frame is one: `10.0.0.2 is here, to 10.0.1.1 at 02:…`. @param host whose MAC is "here". */
export function answerText(bytes: Uint8Array, host: Uint8Array): string | null {
  if (ethernet.etherType(bytes, 0) !== EtherType.Arp || arp.operation(bytes, 14) !== arp.Operation.Reply) return null;
  const where = (at: number) => (mac.equal(bytes, at, host, 0) ? "here" : mac.format(bytes, at));
  const answer = `${address.format(arp.senderIp(bytes, 14))} is ${where(14 + arp.SHA)}`;
  return `${answer}, to ${address.format(arp.targetIp(bytes, 14))} at ${where(14 + arp.THA)}, frame to ${where(0)}`;
}
