/**
 * What the two capture file formats have in common, and the numbers of both: classic pcap (draft-ietf-opsawg-pcap) and
 * pcapng (draft-ietf-opsawg-pcapng). Both are written in the byte order of the machine that made them.
 */

/** Classic pcap's first four bytes, as a number in the file's own byte order. */
export const PcapMagic = {
  /** Times in microseconds. */
  Micro: 0xa1b2c3d4,
  /** Times in nanoseconds. */
  Nano: 0xa1b23c4d,
  /** "Kuznetzov's" libpcap of 1999: 8 more bytes a record (interface index, protocol, packet type). */
  Modified: 0xa1b2cd34,
} as const;

/** pcapng block types. */
export const BlockType = {
  SectionHeader: 0x0a0d0d0a,
  InterfaceDescription: 1,
  /** Obsolete; still found in files of 2005 to 2010. */
  Packet: 2,
  SimplePacket: 3,
  NameResolution: 4,
  InterfaceStatistics: 5,
  EnhancedPacket: 6,
} as const;

/** The Section Header Block's byte-order magic, in the section's own byte order. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Options of any block. */
export const OPT_ENDOFOPT = 0;
export const OPT_COMMENT = 1;
/** Section Header Block. */
export const ShbOption = { Hardware: 2, Os: 3, UserApplication: 4 } as const;
/** Interface Description Block. */
export const IdbOption = {
  Name: 2,
  Description: 3,
  MacAddress: 6,
  TimeResolution: 9,
  Filter: 11,
  Os: 12,
  TimeOffset: 14,
} as const;
/** Enhanced Packet Block. */
export const EpbOption = { Flags: 2, DropCount: 4, PacketId: 5 } as const;
/** Interface Statistics Block. */
export const IsbOption = {
  StartTime: 2,
  EndTime: 3,
  Received: 4,
  Dropped: 5,
  FilterAccepted: 6,
  OsDropped: 7,
  Delivered: 8,
} as const;

/** Link-layer header types (tcpdump.org/linktypes.html): the one that vethlab reads and writes. */
export const LINKTYPE_ETHERNET = 1;

const LINKTYPE_NAMES: Readonly<Record<number, string>> = {
  0: "NULL (BSD loopback)",
  1: "ETHERNET",
  6: "IEEE802_5 (Token Ring)",
  9: "PPP",
  10: "FDDI",
  12: "RAW",
  50: "PPP_HDLC",
  51: "PPP_ETHER",
  101: "RAW (IP)",
  104: "C_HDLC (Cisco HDLC)",
  105: "IEEE802_11 (Wi-Fi)",
  107: "FRELAY (Frame Relay)",
  108: "LOOP (OpenBSD loopback)",
  113: "LINUX_SLL (Linux cooked)",
  117: "PFLOG",
  119: "IEEE802_11_PRISM",
  127: "IEEE802_11_RADIOTAP",
  147: "USER0",
  187: "BLUETOOTH_HCI_H4",
  189: "USB_LINUX",
  192: "PPI",
  195: "IEEE802_15_4_WITHFCS",
  201: "BLUETOOTH_HCI_H4_WITH_PHDR",
  220: "USB_LINUX_MMAPPED",
  228: "IPV4",
  229: "IPV6",
  239: "NFLOG",
  249: "USBPCAP",
  253: "NETLINK",
  271: "VSOCK",
  272: "NORDIC_BLE",
  276: "LINUX_SLL2 (Linux cooked, version 2)",
};

/** `LINUX_SLL (Linux cooked), 113`; one without a known name is `link type 999`. */
export function linkTypeName(linkType: number): string {
  const name = LINKTYPE_NAMES[linkType];
  return name === undefined ? `link type ${linkType}` : `${name}, link type ${linkType}`;
}

/** The longest frame that readers accept, in bytes: what libpcap and Wireshark take for Ethernet. */
export const MAX_FRAME = 262_144;
/** The longest block or record held in memory as a whole, in bytes; longer ones of a kind that is skipped may pass. */
export const MAX_BLOCK = 16 * 1024 * 1024;

/** Which way a frame went, seen from the interface it was captured on. In and Out are the Link's numbers. */
export const CaptureDirection = { In: 0, Out: 1, Unknown: 2 } as const;
export type CaptureDirection = (typeof CaptureDirection)[keyof typeof CaptureDirection];

/** Bits of a record's `flags`: the Link's numbers. */
export const RecordFlag = { ChecksumNotReady: 1, Truncated: 2 } as const;

/** Why reading stopped before the end of the file. What lies before `offset` was delivered. */
export interface CaptureError {
  /**
   * `truncated`: the file ends inside a record. `damaged`: a field contradicts the format. `unsupported`: well-formed,
   * but of a kind that is not read here (link type, version). `io`: the system could not read.
   */
  readonly kind: "truncated" | "damaged" | "unsupported" | "io";
  /** Byte in the (uncompressed) file where the record or block begins that cannot be read. */
  readonly offset: number;
  /** What is wrong, in one line. */
  readonly message: string;
}

/** Rounds up to a multiple of 4: pcapng pads everything. */
export function pad4(length: number): number {
  return (length + 3) & ~3;
}
