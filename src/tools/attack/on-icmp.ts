/** Attacks with ICMP (RFC 792) and UDP: floods, reflections, lies about what the target has sent, and loops of errors. */
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { Drop } from "../../stack/drop.ts";
import type { Attack } from "./attack.ts";
import { At, icmpFrame, icmpMessage, ipFrame, quoted, udpDatagram, type Vary } from "./frames.ts";

const { Type, UnreachableCode } = icmp;
const { Icmp, Udp } = ipv4.Protocol;
const DATA = new Uint8Array(56);
const ECHO = { type: Type.EchoRequest, data: DATA };
const SEQ: Vary = { at: At.IcmpSeq, width: 2 };
const ERROR_TYPES = [Type.DestinationUnreachable, Type.TimeExceeded, Type.ParameterProblem] as const;
const ECHO_PORT = 7;
const CHARGEN_PORT = 19;
const MILLION = 1_000_000;
/** 16,777,216 sources that a host believes: 11.0.0.0/8. */
const ANYBODY = { ip: 0x0b000000, count: 2 ** 24 };

export const ICMP_ATTACKS: readonly Attack[] = [
  {
    name: "echo-flood",
    about: "echo requests by one station (ping -f)",
    defence: "answers each, from where it lies (RFC 1122, 3.2.2.6)",
    aims: "host",
    drops: [],
    uses: "answers",
    turns: (scene) => [{ template: icmpFrame(scene, ECHO, {}, [SEQ]) }],
  },
  {
    name: "echo-forged",
    about: "echo requests in the name of 16,777,216 sources, from random MACs",
    defence: "answers each to the station that delivered it: neither the neighbour cache nor ARP is touched",
    aims: "host",
    drops: [],
    uses: "answers",
    turns: (scene) => [
      {
        template: icmpFrame(scene, ECHO, { src: ANYBODY.ip }, [
          SEQ,
          { at: At.IpSource, how: "random", count: ANYBODY.count },
          { at: At.SourceMac, how: "random" },
        ]),
      },
    ],
  },
  {
    name: "echo-large",
    about: "echo requests that fill the MTU",
    defence: "answers each",
    aims: "host",
    drops: [],
    uses: "answers",
    turns: (scene) => [{ template: icmpFrame(scene, { ...ECHO, data: new Uint8Array(scene.mtu - 28) }, {}, [SEQ]) }],
  },
  {
    name: "timestamp-flood",
    about: "timestamp requests by one station, and to the broadcast address in the victim's name",
    defence: "answers each as it answers echo; to everybody none (RFC 1122, 3.2.2.8)",
    aims: "host",
    drops: [Drop.EchoBroadcast, Drop.IcmpBroadcast],
    uses: "answers",
    turns: (scene) => {
      const { victim, network } = scene;
      const dst = address.broadcast(network) ?? address.LIMITED_BROADCAST;
      const message = { type: Type.TimestampRequest, data: new Uint8Array(12) };
      return [
        { template: icmpFrame(scene, message, {}, [SEQ]) },
        { template: icmpFrame(scene, message, { src: victim.ip, dst, to: mac.BROADCAST }, [SEQ]) },
      ];
    },
  },
  {
    name: "smurf",
    about: "echo requests to the broadcast addresses in the victim's name: the target as an amplifier",
    defence: "echo to everybody is ignored (RFC 1122, 3.2.2.6; Linux: icmp_echo_ignore_broadcasts)",
    aims: "host",
    drops: [Drop.EchoBroadcast, Drop.IpGroupFrame],
    uses: "nothing",
    turns: (scene) => {
      const { victim, network, target } = scene;
      const broadcast = address.broadcast(network) ?? address.LIMITED_BROADCAST;
      return [
        { dst: broadcast, to: mac.BROADCAST },
        { dst: address.LIMITED_BROADCAST, to: mac.BROADCAST },
        { dst: broadcast, to: target.mac },
        { dst: 0xe0000001 | 0, to: Uint8Array.of(1, 0, 0x5e, 0, 0, 1) },
        { dst: target.ip, to: mac.BROADCAST },
      ].map((given) => ({ template: icmpFrame(scene, ECHO, { src: victim.ip, ...given }, [SEQ]) }));
    },
  },
  {
    name: "smurf-victim",
    about: "echo replies that a network of amplifiers sends to the target",
    defence: "nobody waits for them: dropped after one look into a table",
    aims: "host",
    drops: [Drop.EchoUnsolicited],
    uses: "nothing",
    turns: (scene) => [
      {
        template: icmpFrame(scene, { type: Type.EchoReply, word: 0xdead_0000, data: DATA }, { src: ANYBODY.ip }, [
          SEQ,
          { at: At.IpSource, how: "random", count: ANYBODY.count },
        ]),
      },
    ],
  },
  {
    name: "land",
    about: "echo, UDP and errors whose source is the target itself, from its own MAC as well",
    defence: "its own address as source is dropped (RFC 1122, 3.2.1.3), its own MAC before that",
    aims: "host",
    drops: [Drop.IpSourceOwn, Drop.OwnMac],
    uses: "nothing",
    turns: (scene) => {
      const own = { src: scene.target.ip };
      const error = { type: Type.DestinationUnreachable, data: quoted(scene, Udp, udpDatagram(9, 9), scene.target.ip) };
      return [
        { template: icmpFrame(scene, ECHO, own, [SEQ]) },
        { template: icmpFrame(scene, ECHO, { ...own, from: scene.target.mac }, [SEQ]) },
        { template: ipFrame(scene, { ...own, payload: udpDatagram(ECHO_PORT, ECHO_PORT) }) },
        { template: icmpFrame(scene, error, own) },
      ];
    },
  },
  {
    name: "icmp-errors",
    about: "errors of every kind about datagrams that the target never sent, some of them cut",
    defence: "what they quote must be its own and belong to a socket of its own (RFC 1122, 3.2.2)",
    aims: "host",
    drops: [Drop.IcmpErrorForeign, Drop.IcmpTruncated],
    uses: "nothing",
    turns: (scene) =>
      ERROR_TYPES.flatMap((type) => {
        const udp = quoted(scene, Udp, udpDatagram(9, 9), scene.victim.ip);
        const foreign = Uint8Array.from(udp);
        ipv4.setSrc(foreign, 0, scene.victim.ip);
        ipv4.updateChecksum(foreign, 0);
        return [
          { template: icmpFrame(scene, { type, data: udp }, {}, [{ at: At.QuotedMessage, how: "random" as const }]) },
          { template: icmpFrame(scene, { type, data: foreign }) },
          { template: icmpFrame(scene, { type, data: udp.subarray(0, 20) }) },
          { template: icmpFrame(scene, { type, data: udp.subarray(0, 3) }) },
          { template: icmpFrame(scene, { type }) },
        ];
      }),
  },
  {
    name: "icmp-nested",
    about: "errors about errors, and about echo requests with identifiers that may be in use",
    defence: "an error is never answered, and one about an error is nobody's (RFC 1122, 3.2.2)",
    aims: "host",
    drops: [Drop.IcmpErrorForeign],
    uses: "several",
    turns: (scene) =>
      ERROR_TYPES.flatMap((type) => {
        const inner = quoted(scene, Udp, udpDatagram(9, 9));
        const nested = quoted(scene, Icmp, icmpMessage({ type: Type.DestinationUnreachable, code: 3, data: inner }));
        const echo = quoted(scene, Icmp, icmpMessage(ECHO));
        return [
          { template: icmpFrame(scene, { type, data: nested }) },
          {
            template: icmpFrame(scene, { type, data: echo }, {}, [
              { at: At.QuotedMessage + icmp.ID, how: "random" as const, count: 2 ** 32 },
            ]),
          },
        ];
      }),
  },
  {
    name: "redirect",
    about: "redirects in the gateway's name to random routers for random destinations",
    defence:
      "from the present first hop alone, to a router on the link (RFC 1122, 3.2.2.2); 100 a second, the newest 1,024 are remembered",
    aims: "host",
    drops: [Drop.IcmpRedirect],
    uses: "several",
    turns: (scene) => {
      const size = 2 ** (32 - scene.network.length);
      const data = quoted(scene, Icmp, icmpMessage(ECHO), ANYBODY.ip);
      const message = { type: Type.Redirect, code: icmp.RedirectCode.Host, word: address.network(scene.network), data };
      const vary: Vary[] = [
        { at: At.IcmpWord, how: "random", count: size },
        { at: At.QuotedTarget, how: "random", count: ANYBODY.count },
      ];
      return [
        { template: icmpFrame(scene, message, { src: scene.gateway }, vary) },
        { template: icmpFrame(scene, message, {}, vary) },
      ];
    },
  },
  {
    name: "source-quench",
    about: "source quench about what the target may have sent",
    defence: "ignored (RFC 6633)",
    aims: "host",
    drops: [Drop.IcmpSourceQuench],
    uses: "nothing",
    turns: (scene) => [
      { template: icmpFrame(scene, { type: Type.SourceQuench, data: quoted(scene, Icmp, icmpMessage(ECHO)) }) },
    ],
  },
  {
    name: "frag-needed",
    about: "fragmentation needed with MTUs of 0, 68, 552 and 65,535 about random echo and UDP of the target's",
    defence:
      "believed only of a socket's own datagram that exceeds it and forbids fragments; never below 552 bytes; 1,024 paths for ten minutes",
    aims: "host",
    drops: [Drop.IcmpErrorForeign],
    uses: "several",
    turns: (scene) =>
      [0, 68, 552, 1499, 65_535].flatMap((mtu) => {
        const message = (protocol: number, payload: Uint8Array) => ({
          type: Type.DestinationUnreachable,
          code: UnreachableCode.FragmentationNeeded,
          word: mtu,
          data: quoted(scene, protocol, payload, ANYBODY.ip),
        });
        const about: Vary = { at: At.QuotedTarget, how: "random", count: ANYBODY.count };
        const port: Vary = { at: At.QuotedMessage, width: 2, how: "random" };
        const id: Vary = { at: At.QuotedMessage + icmp.ID, width: 2, how: "random" };
        return [
          { template: icmpFrame(scene, message(Icmp, icmpMessage(ECHO)), {}, [about, id]) },
          { template: icmpFrame(scene, message(Udp, udpDatagram(9, 9)), {}, [about, port]) },
        ];
      }),
  },
  {
    name: "icmp-odd",
    about: "every type that there is and is not, cut and with wrong checksums",
    defence: "unknown types are silently dropped, checksums are verified (RFC 1122, 3.2.2)",
    aims: "host",
    drops: [Drop.IcmpType, Drop.IcmpChecksum, Drop.IcmpTruncated],
    uses: "nothing",
    turns: (scene) => {
      const wrong = icmpFrame(scene, ECHO);
      wrong.bytes[At.Message + icmp.CHECKSUM]! ^= 1;
      const cut = icmpMessage(ECHO).subarray(0, 7);
      const types = [1, 2, 6, 7, 9, 10, 14, 15, 16, 17, 18, 30, 40, 42, 43, 100, 255];
      return [
        ...types.map((type) => ({ template: icmpFrame(scene, { type, data: DATA }, {}, [SEQ]) })),
        { template: wrong },
        { template: ipFrame(scene, { protocol: Icmp, payload: cut }) },
        { template: ipFrame(scene, { protocol: Icmp, payload: new Uint8Array(0) }) },
      ];
    },
  },
];

export const UDP_ATTACKS: readonly Attack[] = [
  {
    name: "udp-closed",
    about: "UDP to random ports where nobody listens, by one station",
    defence: "port unreachable, six at once and then one a second to one address (RFC 1812, 4.3.2.8)",
    aims: "host",
    drops: [Drop.UdpPort],
    uses: "nothing",
    turns: (scene) => [
      {
        template: ipFrame(scene, { payload: udpDatagram(40_000, 1) }, [
          { at: At.UdpTarget, width: 2, how: "random", count: 40_000 },
        ]),
      },
    ],
  },
  {
    name: "udp-forged",
    about: "the same in the name of every address of the target's network: an error to each needs ARP first",
    defence: "1,000 errors a second to all together; whom it does not know may take half the neighbour table, no more",
    aims: "host",
    drops: [Drop.UdpPort, Drop.IpSource],
    uses: "nothing",
    turns: (scene) => {
      const { network } = scene;
      const first = address.network(network);
      // Up to the addresses that the laboratory uses itself: nobody is to be told in their name.
      const count = Math.max(1, Math.min(2 ** 16, 2 ** (32 - network.length) / 2));
      const src = network.length >= 31 ? scene.attacker.ip : (first + count) | 0;
      return [
        {
          template: ipFrame(scene, { src, payload: udpDatagram(40_000, 1) }, [
            { at: At.IpSource, how: "random", count },
            { at: At.UdpTarget, width: 2, how: "random", count: 40_000 },
          ]),
        },
      ];
    },
  },
  {
    name: "udp-loop",
    about: "from the victim's chargen to the target's echo and back, to broadcasts too: a loop if both served it",
    defence: "nobody listens; a port unreachable is an error, and no error is sent about an error",
    aims: "host",
    drops: [Drop.UdpPort],
    uses: "nothing",
    turns: (scene) => {
      const { victim, network } = scene;
      const broadcast = address.broadcast(network) ?? address.LIMITED_BROADCAST;
      const payload = udpDatagram(CHARGEN_PORT, ECHO_PORT);
      return [
        { template: ipFrame(scene, { src: victim.ip, payload }) },
        { template: ipFrame(scene, { src: victim.ip, payload: udpDatagram(ECHO_PORT, ECHO_PORT) }) },
        { template: ipFrame(scene, { src: victim.ip, dst: broadcast, to: mac.BROADCAST, payload }) },
      ];
    },
  },
  {
    name: "udp-broken",
    about: "UDP with lengths that cannot be, and wrong checksums",
    defence: "silently dropped (RFC 1122, 4.1.3.4)",
    aims: "host",
    drops: [Drop.UdpTruncated, Drop.UdpChecksum],
    uses: "nothing",
    turns: (scene) => {
      const wrong = (at: number, value: number) => {
        const payload = udpDatagram(9, 9);
        payload[at] = value;
        return { template: ipFrame(scene, { payload }) };
      };
      return [
        wrong(5, 0),
        wrong(5, 7),
        wrong(4, 0xff),
        wrong(7, 1),
        { template: ipFrame(scene, { payload: new Uint8Array(7) }) },
        { template: ipFrame(scene, { payload: new Uint8Array(0) }) },
      ];
    },
  },
  {
    name: "udp-spread",
    about: "UDP to closed ports in the name of 16,777,216 hosts behind the gateway",
    defence: "1,000 errors a second to all together (RFC 1812, 4.3.2.8)",
    aims: "host",
    drops: [Drop.UdpPort],
    uses: "nothing",
    turns: (scene) => [
      {
        template: ipFrame(scene, { src: ANYBODY.ip, payload: udpDatagram(40_000, 1) }, [
          { at: At.IpSource, how: "random", count: ANYBODY.count },
          { at: At.SourceMac, count: MILLION },
        ]),
      },
    ],
  },
];
