/** Why the host threw a frame away. Every drop has one of these reasons, is counted under it, and reported with it. */
export const Drop = {
  /** Sent by the machine's own kernel, or by another program through the same interface. */
  Outgoing: 0,
  /** Shorter than its link layer's headers, or with more VLAN tags than anybody follows. */
  FrameMalformed: 1,
  /** The capture cut the frame: a receive slot was too short. */
  FrameCut: 2,
  /** For another station: seen because the interface shows us everything. */
  OtherMac: 3,
  /** Its source is a broadcast or multicast MAC, or none. */
  SourceMac: 4,
  /** Tagged for another VLAN than ours, or tagged while we are in none. */
  OtherVlan: 5,
  /** Neither ARP nor IPv4. */
  EtherType: 6,
  /** Too short for ARP. */
  ArpTruncated: 7,
  /** ARP, but not for IPv4 over Ethernet. */
  ArpFormat: 8,
  /** RFC 1812, 3.3.2: a broadcast, multicast or zero MAC cannot be a host's. */
  ArpSenderMac: 9,
  /** The sender's address is a broadcast, multicast, loopback or other address that no host has. */
  ArpSenderIp: 10,
  /** Neither request nor reply. */
  ArpOperation: 11,
  /** Asks for somebody else. */
  ArpNotForUs: 12,
  /** Somebody else uses an address of ours. */
  ArpConflict: 13,
  /** A reply that nobody asked for. */
  ArpUnsolicited: 14,
  /** ARP is not to be answered. */
  ArpOff: 15,
  IpTruncated: 16,
  IpVersion: 17,
  /** Header or total length contradicts itself. */
  IpLength: 18,
  IpChecksum: 19,
  /** 127/8 on a wire (RFC 1122, 3.2.1.3). */
  IpLoopback: 20,
  /** The source is no single host's address. */
  IpSource: 21,
  /** The source is our own address. */
  IpSourceOwn: 22,
  IpNotForUs: 23,
  /** For us alone, but in a broadcast or multicast frame (RFC 1122, 3.3.6). */
  IpGroupFrame: 24,
  /** An option that cannot be: the sender is told which byte. */
  IpOptions: 25,
  /** Source-routed: not accepted, as Linux does not by default. */
  IpSourceRoute: 26,
  /** A fragment: the host was told not to put any together. */
  IpFragment: 27,
  /** A protocol that the host does not speak: the sender is told. */
  IpProtocol: 28,
  IcmpTruncated: 29,
  IcmpChecksum: 30,
  /** RFC 1122, 3.2.2: unknown types are silently dropped. */
  IcmpType: 31,
  /** An echo request to all: ignored, as Linux does (RFC 1122, 3.2.2.6 allows it). */
  EchoBroadcast: 32,
  /** Echo is not to be answered. */
  EchoOff: 33,
  /** An echo reply that nobody waits for. */
  EchoUnsolicited: 34,
  /** An error about something that we did not send, or that quotes too little. */
  IcmpErrorForeign: 35,
  /** A redirect that is not to be believed (RFC 1122, 3.2.2.2), or none is. */
  IcmpRedirect: 36,
  /** RFC 6633: a host ignores source quench. */
  IcmpSourceQuench: 37,
  /** The answer, or what is to be passed on, exceeds the interface's MTU. */
  TooLong: 38,
  /** The link had no room for the answer. */
  TxFull: 39,
  /** Our own frame came back. */
  OwnMac: 40,
  /** A fragment that cannot be, or that its datagram has no room for. */
  FragmentInvalid: 41,
  /** A fragment that was there already. */
  FragmentDuplicate: 42,
  /** RFC 5722: a fragment that overlaps another one, and with it the whole datagram. */
  FragmentOverlap: 43,
  UdpTruncated: 44,
  UdpChecksum: 45,
  /** Nobody listens on the port: the sender is told. */
  UdpPort: 46,
  /** To be passed on, but its time to live is over: the sender is told. */
  TtlExceeded: 47,
  /** To be passed on, but there is no way: the sender is told. */
  NoRoute: 48,
  /** RFC 2644: a broadcast to a network of ours from outside it is not passed on. */
  DirectedBroadcast: 49,
  /** The neighbour table is full of entries in use. */
  NeighboursFull: 50,
  /** ICMP other than an echo request to everybody. */
  IcmpBroadcast: 51,
  /** The next hop of a source route cannot be reached as it demands: the sender is told. */
  SourceRouteFailed: 52,
  /** Asks for an address of ours, but `arp_ignore` or `arp_filter` says not to answer. */
  ArpIgnored: 53,
  /** Gratuitous, which `drop_gratuitous_arp` says to drop. */
  ArpGratuitous: 54,
  /** To be answered for another host, but too many such answers wait already. */
  ArpProxyFull: 55,
  /** To be passed on to a neighbour that is being asked for, but too much waits for it, or for others, already. */
  NeighbourQueueFull: 56,
} as const;
export type Drop = (typeof Drop)[keyof typeof Drop];

/** What became of a frame: the reason why it was dropped, or {@link ACCEPTED}. */
export type Verdict = Drop | typeof ACCEPTED;
/** The frame was used. */
export const ACCEPTED = -1;

const NAMES = Object.keys(Drop).map((name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase());

/** Number of reasons. */
export const DROP_COUNT = NAMES.length;

/** The reason's name, such as `ip-checksum`. */
export function dropName(reason: number): string {
  return NAMES[reason] ?? `drop-${reason}`;
}

const WORDS = [
  "sent by this machine itself",
  "link-layer header malformed",
  "cut by the capture",
  "for another station",
  "source MAC is no single station's",
  "another VLAN",
  "neither ARP nor IPv4",
  "ARP too short",
  "ARP for other than IPv4 over Ethernet",
  "ARP sender MAC is no single station's",
  "ARP sender address is no single host's",
  "ARP operation unknown",
  "ARP asks for somebody else",
  "somebody else uses our address",
  "ARP reply that nobody asked for",
  "ARP is not to be answered",
  "IPv4 truncated",
  "IP version is not 4",
  "IPv4 lengths contradict themselves",
  "IPv4 header checksum wrong",
  "loopback address on the wire",
  "source address is no single host's",
  "source address is our own",
  "IPv4 destination is somebody else",
  "unicast address in a broadcast frame",
  "IPv4 option malformed",
  "source-routed",
  "fragment",
  "protocol not spoken here",
  "ICMP truncated",
  "ICMP checksum wrong",
  "ICMP type not served",
  "echo request to everybody",
  "echo is not to be answered",
  "echo reply that nobody waits for",
  "ICMP error about nothing of ours",
  "redirect ignored",
  "source quench ignored",
  "longer than the MTU",
  "no room to send",
  "our own frame came back",
  "fragment cannot be",
  "fragment that was there already",
  "fragments overlap",
  "UDP truncated",
  "UDP checksum wrong",
  "nobody listens on the UDP port",
  "time to live exceeded",
  "no route",
  "directed broadcast",
  "neighbour table full",
  "ICMP to everybody",
  "source route failed",
  "ARP for an address of ours that is not answered here",
  "gratuitous ARP",
  "too many proxy answers wait",
  "no room to wait for the neighbour",
];

/** The reason in a few words for people. */
export function dropText(reason: number): string {
  return WORDS[reason] ?? dropName(reason);
}
