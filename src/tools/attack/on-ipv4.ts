/** Attacks with IPv4 headers (RFC 791, RFC 1122 3.2.1), and on what a router does for others (RFC 1812). */
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { Drop } from "../../stack/drop.ts";
import type { Attack, Scene } from "./attack.ts";
import { At, arpFrame, type Datagram, icmpFrame, icmpMessage, ipFrame, udpDatagram, type Vary } from "./frames.ts";
import type { Turn } from "./source.ts";

const { Icmp } = ipv4.Protocol;
const ECHO = { type: icmp.Type.EchoRequest, data: new Uint8Array(56) };
const SEQ: Vary = { at: At.IcmpSeq, width: 2 };
const NETWORK = 14;

/** Forty bytes of option each; not all of them are lists that can be. */
const OPTION_BOMBS: readonly Uint8Array[] = [
  // Lengths 0 and 1, and one beyond the header.
  filled(7, 0, 4),
  filled(7, 1, 4),
  filled(0x44, 41, 4),
  filled(7, 255, 4),
  // A type alone in the last byte.
  Uint8Array.of(...new Array<number>(39).fill(1), 7),
  // Nothing but no operation, nothing but the end.
  new Uint8Array(40).fill(1),
  new Uint8Array(40),
  // Record route and timestamp with room for nine, pointers at nothing, at the end and beyond; a full overflow counter.
  filled(7, 39, 4),
  filled(7, 39, 0),
  filled(7, 39, 3),
  filled(7, 39, 40),
  filled(7, 39, 255),
  filled(7, 3, 4),
  filled(0x44, 40, 5, 0xf1),
  filled(0x44, 40, 255, 0x0f),
  filled(0x44, 4, 5, 0xf0),
  filled(0x44, 5, 5, 3),
  // Source routes: loose and strict, empty, used up, through everywhere.
  filled(0x83, 39, 4),
  filled(0x89, 39, 4),
  filled(0x83, 3, 4),
  filled(0x83, 7, 255),
  filled(0x89, 39, 40),
  // Two of what there may be one of; security, stream, router alert with odd lengths; experiments.
  Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 7, 7, 4, 0, 0, 0, 0, 1, 0),
  Uint8Array.of(0x83, 7, 4, 10, 0, 0, 9, 0x89, 7, 4, 10, 0, 0, 9, 1, 0),
  filled(0x82, 3, 0),
  filled(0x88, 2, 0),
  filled(0x94, 4, 0),
  filled(0x94, 2, 0xff),
  filled(0x9e, 40, 0xff),
];

const OPTION_DROPS = [Drop.IpOptions, Drop.IpSourceRoute];

export const IPV4_ATTACKS: readonly Attack[] = [
  {
    name: "ip-options",
    about:
      "echo requests with forty bytes of options: lengths of 0 and 1, pointers anywhere, source routes, all of it twice",
    defence:
      "a list that cannot be is dropped, and its sender told which byte; unknown options are ignored (RFC 1122, 3.2.1.8)",
    aims: "host",
    drops: OPTION_DROPS,
    uses: "answers",
    turns: (scene) =>
      OPTION_BOMBS.map((options) => ({
        template: ipFrame(scene, { protocol: Icmp, options, payload: icmpMessage(ECHO) }, [{ at: At.IpId, width: 2 }]),
      })),
  },
  {
    name: "ip-options-random",
    about: "forty random bytes as options",
    defence: "as above",
    aims: "host",
    drops: OPTION_DROPS,
    uses: "answers",
    turns: (scene) => [
      {
        template: ipFrame(
          scene,
          { protocol: Icmp, options: new Uint8Array(40), payload: icmpMessage(ECHO) },
          Array.from({ length: 10 }, (_, i) => ({ at: At.Message + 4 * i, how: "random" as const })),
        ),
      },
    ],
  },
  {
    name: "ip-protocol",
    about: "every protocol but ICMP and UDP",
    defence: "protocol unreachable (RFC 1122, 3.2.2.1), limited as every error is",
    aims: "host",
    drops: [Drop.IpProtocol],
    uses: "nothing",
    turns: (scene) =>
      [0, 2, 3, 4, 6, 8, 18, 41, 47, 50, 51, 58, 89, 132, 200, 255].map((protocol) => ({
        template: ipFrame(scene, { protocol, payload: new Uint8Array(32) }, [{ at: At.IpId, width: 2 }]),
      })),
  },
  {
    name: "ip-broken",
    about: "wrong versions, header lengths, total lengths and checksums; loopback, group and zero addresses",
    defence: "silently dropped, each under a reason of its own (RFC 1122, 3.2.1; RFC 1812, 5.2.2)",
    aims: "host",
    drops: [
      Drop.IpVersion,
      Drop.IpLength,
      Drop.IpTruncated,
      Drop.IpChecksum,
      Drop.IpLoopback,
      Drop.IpSource,
      Drop.IpNotForUs,
      Drop.NoRoute,
    ],
    uses: "nothing",
    turns: (scene) => brokenHeaders(scene),
  },
];

export const ROUTER_ATTACKS: readonly Attack[] = [
  {
    name: "route-ttl",
    about: "datagrams for the network behind the router whose time to live is over",
    defence: "Time Exceeded, six at once and then one a second to one address (RFC 1812, 4.3.2.8)",
    aims: "router",
    drops: [Drop.TtlExceeded],
    uses: "nothing",
    turns: (scene) => [
      through(scene, { ttl: 1, dst: host(scene, 9) }),
      through(scene, { ttl: 0, dst: host(scene, 9) }),
    ],
  },
  {
    name: "route-nowhere",
    about: "datagrams for which the router has no route",
    defence: "Network Unreachable, limited as every error is",
    aims: "router",
    drops: [Drop.NoRoute],
    uses: "nothing",
    turns: (scene) => [through(scene, { dst: 0xc6336400 | 0 }, [{ at: At.IpTarget, how: "random", count: 256 }])],
  },
  {
    name: "route-neighbours",
    about: "datagrams for random addresses of the network behind the router: each is to be resolved",
    defence: "whom it does not know may take half the neighbour table and half of the queue; entries in use stay",
    aims: "router",
    drops: [Drop.NeighboursFull, Drop.NeighbourQueueFull, Drop.DirectedBroadcast],
    uses: "forwards",
    turns: (scene) => {
      const { beyond } = scene;
      const count = 2 ** (32 - beyond.length);
      // The upper half: where nobody is.
      const dst = (address.network(beyond) + count / 2) | 0;
      return [through(scene, { dst }, [{ at: At.IpTarget, how: "random", count: Math.max(1, count / 2) }])];
    },
  },
  {
    name: "route-smurf",
    about: "echo requests to the broadcast address of the network behind the router, in the victim's name",
    defence: "directed broadcasts are not passed on (RFC 2644)",
    aims: "router",
    drops: [Drop.DirectedBroadcast],
    uses: "nothing",
    turns: (scene) => {
      const dst = address.broadcast(scene.beyond) ?? host(scene, 9);
      return [through(scene, { dst, src: scene.victim.ip })];
    },
  },
  {
    name: "route-martians",
    about: "datagrams from and to addresses that never travel, and in broadcast frames",
    defence: "not passed on (RFC 1812, 5.3.7)",
    aims: "router",
    drops: [Drop.IpLoopback, Drop.IpSource, Drop.IpSourceOwn, Drop.IpNotForUs],
    uses: "nothing",
    turns: (scene) => {
      const dst = host(scene, 9);
      return [
        through(scene, { src: 0x7f000001, dst }),
        through(scene, { src: 0xe0000005 | 0, dst }),
        through(scene, { src: 0xa9fe0101 | 0, dst }),
        through(scene, { src: 0xf0000001 | 0, dst }),
        through(scene, { src: scene.target.ip, dst }),
        through(scene, { dst: 0xa9fe0101 | 0 }),
        through(scene, { dst: 0xe0000009 | 0 }),
        through(scene, { dst, to: mac.BROADCAST }),
      ];
    },
  },
  {
    name: "route-proxy",
    about: "ARP requests for random addresses of the network behind the router",
    defence: "not its own: ignored; as a proxy (RFC 1027) it answers 64 at once, after up to 0.8 s",
    aims: "router",
    drops: [Drop.ArpNotForUs, Drop.ArpProxyFull],
    uses: "several",
    turns: (scene) => {
      const count = 2 ** (32 - scene.beyond.length);
      const vary: Vary[] = [{ at: At.ArpTargetIp, how: "random", count }];
      return [{ template: arpFrame(scene, { tpa: address.network(scene.beyond) }, vary) }];
    },
  },
  {
    name: "route-redirect",
    about: "datagrams that go back out where they came in: each asks for a redirect",
    defence: "passed on; one redirect a second to one address, four at once",
    aims: "router",
    drops: [Drop.NeighboursFull, Drop.NeighbourQueueFull],
    uses: "forwards",
    // Not echo: answers that wait for the attacker's MAC address would fill the socket that Linux answers echo from, one for
    // each processor and all namespaces (net/ipv4/icmp.c, ipv4_icmp_sk).
    turns: (scene) => [
      { template: ipFrame(scene, { dst: scene.victim.ip, payload: udpDatagram(9, 9) }, [{ at: At.IpId, width: 2 }]) },
    ],
  },
];

function through(scene: Scene, given: Partial<Datagram>, vary: readonly Vary[] = []): Turn {
  return { template: icmpFrame(scene, ECHO, given, [SEQ, ...vary]) };
}

/** A host behind the router. */
function host({ beyond }: Scene, n: number): number {
  return (address.network(beyond) + n) | 0;
}

function filled(...start: number[]): Uint8Array {
  const options = new Uint8Array(40);
  options.set(start);
  return options;
}

function brokenHeaders(scene: Scene): Turn[] {
  const payload = udpDatagram(9, 9, new Uint8Array(26));
  const plain = () => ipFrame(scene, { payload });
  const byte = (at: number, value: number) => {
    const template = plain();
    template.bytes[NETWORK + at] = value;
    return { template };
  };
  const resealed = (at: number, value: number) => {
    const turn = byte(at, value);
    ipv4.updateChecksum(turn.template.bytes, NETWORK);
    return turn;
  };
  const cut = (length: number) => {
    const template = plain();
    return { template: { ...template, bytes: template.bytes.slice(0, length) } };
  };
  const from = (src: number) => ({ template: ipFrame(scene, { src, payload }) });
  const to = (dst: number) => ({ template: ipFrame(scene, { dst, payload }) });
  return [
    resealed(0, 0x65),
    resealed(0, 0x05),
    byte(0, 0x44),
    byte(0, 0x40),
    byte(0, 0x4f),
    byte(2, 0xff),
    byte(3, 19),
    byte(3, 0),
    byte(10, 0),
    byte(8, 65),
    cut(NETWORK + 19),
    cut(NETWORK + 1),
    cut(NETWORK + 21),
    from(0x7f000001),
    to(0x7f000001),
    from(0),
    from(-1),
    from(0xe0000001 | 0),
    from(0xf0000001 | 0),
    from(address.broadcast(scene.network) ?? -1),
    to(0xef010203 | 0),
    to(0xcb007101 | 0),
  ];
}
