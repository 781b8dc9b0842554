/** Attacks with ARP (RFC 826, RFC 5227), and with what stands before any protocol: the Ethernet header. */
import * as arp from "../../../packets/arp.ts";
import { EtherType } from "../../../packets/ethernet.ts";
import * as mac from "../../../packets/mac.ts";
import { Drop } from "../../stack/drop.ts";
import type { Attack, Scene } from "./attack.ts";
import { At, arpFrame, noise, rawFrame } from "./frames.ts";

const { Reply } = arp.Operation;
/** Forged senders: as many addresses, each with a MAC address of its own. */
const MILLION = 1_000_000;
/** A station's MAC and its address count on together: each address keeps its station. */
const SENDER = [At.SourceMac, At.ArpSenderMac, At.ArpSenderIp];
const STRANGER = Uint8Array.of(2, 0xa7, 0, 0, 0, 0);
/** 100.64.0.0/10 (RFC 6598): a million addresses that are nobody's in a laboratory. */
const NOWHERE = 0x64400000;

export const ARP_ATTACKS: readonly Attack[] = [
  {
    name: "arp-flood",
    about: "requests for the target's address, all by one station",
    defence: "answers each; one entry in the neighbour cache",
    aims: "host",
    drops: [],
    uses: "answers",
    turns: (scene) => [{ template: arpFrame(scene) }],
  },
  {
    name: "arp-forged",
    about: "requests for the target's address by 1,000,000 stations, each with a MAC and an address of its own",
    defence: "answers each; the newest strangers push out the oldest, never an entry in use",
    aims: "host",
    drops: [],
    uses: "answers",
    turns: (scene) => [
      {
        template: arpFrame(
          scene,
          { sha: STRANGER, spa: NOWHERE },
          SENDER.map((at) => ({ at, count: MILLION })),
        ),
      },
    ],
  },
  {
    name: "arp-probe",
    about: "probes (RFC 5227, sender 0.0.0.0) for the target's address by 1,000,000 stations",
    defence: "answers each, learns nothing",
    aims: "host",
    drops: [],
    uses: "answers",
    turns: (scene) => [
      {
        template: arpFrame(scene, { sha: STRANGER, spa: 0 }, [
          { at: At.SourceMac, count: MILLION },
          { at: At.ArpSenderMac, count: MILLION },
        ]),
      },
    ],
  },
  {
    name: "arp-replies",
    about: "replies that nobody asked for, about 1,000,000 addresses",
    defence: "an entry is never made by a reply that was not asked for (RFC 826, as Linux applies it)",
    aims: "host",
    drops: [Drop.ArpUnsolicited],
    uses: "nothing",
    turns: (scene) => [
      {
        template: arpFrame(
          scene,
          { ...toTarget(scene), sha: STRANGER, spa: NOWHERE },
          SENDER.map((at) => ({ at, count: MILLION })),
        ),
      },
    ],
  },
  {
    name: "arp-poison",
    about: "replies that put the victim's address at 256 other stations in turn (arpspoof)",
    defence:
      "an entry there is changes once a second at most (lock time), and is verified when used; a permanent one never changes",
    aims: "host",
    drops: [Drop.ArpUnsolicited],
    uses: "several",
    turns: (scene) => [
      {
        template: arpFrame(scene, { ...toTarget(scene), sha: STRANGER, spa: scene.victim.ip }, [
          { at: At.SourceMac, count: 256 },
          { at: At.ArpSenderMac, count: 256 },
        ]),
      },
    ],
  },
  {
    name: "arp-gratuitous",
    about: "announcements of 1,000,000 addresses by request and by reply (macof for ARP)",
    defence: "announcements change entries, they never make one",
    aims: "host",
    drops: [Drop.ArpNotForUs, Drop.ArpUnsolicited],
    uses: "nothing",
    turns: (scene) => {
      const vary = [...SENDER, At.ArpTargetIp].map((at) => ({ at, count: MILLION }));
      const stranger = { sha: STRANGER, spa: NOWHERE, tpa: NOWHERE };
      return [
        { template: arpFrame(scene, stranger, vary) },
        { template: arpFrame(scene, { ...stranger, oper: Reply, tha: STRANGER }, vary) },
      ];
    },
  },
  {
    name: "arp-conflict",
    about: "1,000,000 stations that say, to the target alone, that its address is theirs",
    defence: "nothing is learnt and nothing answered; the address is defended once in 10 s at most (RFC 5227, 2.4)",
    aims: "host",
    drops: [Drop.ArpConflict],
    uses: "nothing",
    turns: (scene) => {
      const ours = { sha: STRANGER, spa: scene.target.ip, to: scene.target.mac };
      const vary = [At.SourceMac, At.ArpSenderMac].map((at) => ({ at, count: MILLION }));
      return [
        { template: arpFrame(scene, ours, vary) },
        { template: arpFrame(scene, { ...ours, oper: Reply }, vary) },
        { template: arpFrame(scene, { ...ours, tpa: scene.victim.ip }, vary) },
      ];
    },
  },
  {
    name: "arp-broken",
    about: "ARP with wrong types, lengths and operations, group and zero MACs, senders that no host can be",
    defence: "each has a reason of its own; the operation is looked at last (RFC 826)",
    aims: "host",
    drops: [Drop.ArpTruncated, Drop.ArpFormat, Drop.ArpSenderMac, Drop.ArpSenderIp, Drop.ArpOperation, Drop.SourceMac],
    uses: "nothing",
    turns: (scene) => {
      const broken = (at: number, value: number) => {
        const { bytes } = arpFrame(scene);
        bytes[14 + at] = value;
        return { template: { bytes, fields: [], checksums: [] } };
      };
      const cut = (length: number) => ({
        template: rawFrame(scene, EtherType.Arp, arpFrame(scene).bytes.slice(14, 14 + length)),
      });
      const from = scene.attacker.mac;
      return [
        broken(arp.HTYPE + 1, 6),
        broken(arp.PTYPE, 0x86),
        broken(arp.HLEN, 8),
        broken(arp.PLEN, 16),
        broken(arp.OPER, 0xff),
        broken(arp.OPER + 1, 0),
        broken(arp.OPER + 1, 8),
        cut(0),
        cut(7),
        cut(27),
        { template: arpFrame(scene, { sha: mac.BROADCAST, from }) },
        { template: arpFrame(scene, { sha: mac.ZERO, from }) },
        { template: arpFrame(scene, { sha: mac.ZERO }) },
        { template: arpFrame(scene, { spa: -1 }) },
        { template: arpFrame(scene, { spa: 0xe0000001 | 0 }) },
        { template: arpFrame(scene, { spa: 0x7f000001 }) },
        { template: arpFrame(scene, { spa: 0, oper: Reply }) },
      ];
    },
  },
];

export const ETHERNET_ATTACKS: readonly Attack[] = [
  {
    name: "vlan-stack",
    about: "requests and echo behind one to eight VLAN tags of both kinds",
    defence: "in no VLAN, it takes none; more tags than anybody follows are malformed",
    aims: "host",
    drops: [Drop.OtherVlan, Drop.FrameMalformed, Drop.EtherType],
    uses: "nothing",
    turns: (scene) =>
      [1, 2, 3, 4, 6, 8].flatMap((tags) => [0x8100, 0x88a8].map((tpid) => ({ template: tagged(scene, tags, tpid) }))),
  },
  {
    name: "ethernet-broken",
    about: "frames without contents, group and zero sources, unknown types, frames of the target's own",
    defence: "a station's address names one station; types but ARP and IPv4 are none of its business",
    aims: "host",
    drops: [Drop.SourceMac, Drop.OwnMac, Drop.EtherType, Drop.IpTruncated, Drop.ArpTruncated, Drop.FrameMalformed],
    uses: "nothing",
    turns: (scene) => {
      const empty = new Uint8Array(0);
      const data = new Uint8Array(46);
      const { target } = scene;
      return [
        { template: rawFrame(scene, EtherType.Ipv4, empty) },
        { template: rawFrame(scene, EtherType.Arp, empty) },
        { template: rawFrame(scene, EtherType.Vlan, empty) },
        { template: rawFrame(scene, 0, data) },
        { template: rawFrame(scene, 0x05dc, data) },
        { template: rawFrame(scene, 0xffff, data) },
        { template: rawFrame(scene, EtherType.Ipv6, data) },
        { template: rawFrame(scene, EtherType.Ipv4, data, [], target.mac, mac.BROADCAST) },
        { template: rawFrame(scene, EtherType.Ipv4, data, [], target.mac, Uint8Array.of(1, 0, 0x5e, 0, 0, 1)) },
        { template: rawFrame(scene, EtherType.Ipv4, data, [], target.mac, mac.ZERO) },
        { template: rawFrame(scene, EtherType.Ipv4, data, [], target.mac, target.mac) },
        { template: rawFrame(scene, EtherType.Ipv4, data, [], mac.BROADCAST, target.mac) },
      ];
    },
  },
  {
    name: "garbage",
    about: "random bytes of every size, and random types, for the target's MAC and for everybody",
    defence: "nothing throws, nothing is read outside the frame",
    aims: "host",
    drops: Object.values(Drop),
    uses: "several",
    turns: (scene) =>
      [46, 60, 200, 600, scene.mtu].flatMap((size) =>
        [EtherType.Ipv4, EtherType.Arp, 0].map((type, i) => {
          const to = i === 1 ? mac.BROADCAST : scene.target.mac;
          const vary = noise(14, 14 + Math.min(size, 200));
          if (type === 0) vary.push({ at: 12, how: "random" });
          return { template: rawFrame(scene, type, new Uint8Array(size), vary, to) };
        }),
      ),
  },
  {
    name: "other-station",
    about: "what is for 1,000,000 other stations (macof): a switch that forgets becomes a hub",
    defence: "not for its MAC address: dropped before anything else is looked at",
    aims: "host",
    drops: [Drop.OtherMac],
    uses: "nothing",
    turns: (scene) => [
      {
        template: rawFrame(
          scene,
          EtherType.Ipv4,
          new Uint8Array(46),
          [
            { at: 2, count: MILLION },
            { at: At.SourceMac, count: MILLION },
          ],
          Uint8Array.of(2, 0xa8, 0, 0, 0, 0),
          STRANGER,
        ),
      },
    ],
  },
];

function toTarget(scene: Scene) {
  const { mac: to, ip: tpa } = scene.target;
  return { oper: Reply, to, tha: to, tpa };
}

function tagged(scene: Scene, tags: number, tpid: number) {
  const { bytes } = arpFrame(scene, { to: scene.target.mac });
  const stack = Array.from({ length: tags }, (_, i) => [tpid >> 8, tpid & 0xff, 0, i + 2]).flat();
  const packet = Uint8Array.of(...stack.slice(2), EtherType.Arp >> 8, EtherType.Arp & 0xff, ...bytes.subarray(14));
  return rawFrame(scene, tpid, packet);
}
