/**
 * The hot path of receiving: reads the headers of untagged and tagged Ethernet, ARP, IPv4 and ICMP through one DataView,
 * made once per buffer. The checks are those of the protocols' modules, to the letter; their accessors serve as well, and
 * have all the fields. Why there is a class beside them: V8 loads and compares what one module imports from another at
 * every use, and reads a word byte by byte from a Uint8Array. The methods of one object are folded into their caller for
 * nothing, and a word of a DataView is one instruction. A frame costs half (see docs/benchmarks.md).
 *
 * The contract is theirs: when a check returned `Fault.None`, the accessors that belong to it are in bounds. Offsets are
 * counted from the buffer's first byte.
 */
import { addWords } from "./checksum.ts";
import { Fault } from "./fault.ts";
import { viewOf } from "./view.ts";

// Offsets are literals here, and accessors of one expression: V8 folds functions of up to 27 bytes of bytecode into their
// caller without counting them against its limit, and naming an offset takes nine.

/** Offsets are cut to 30 bits, which is the length of the longest buffer (see view.ts). */
const PLACE = 0x3fffffff;

const { None, Truncated, Version, Length, AddressFormat } = Fault;
/** EtherType of an 802.1Q tag. */
const VLAN = 0x8100;
/** Types up to echo request (8) need the 8 bytes that all messages have. */
const ECHO_REQUEST = 8;
const TIMESTAMP_REQUEST = 13;
const TIMESTAMP_REPLY = 14;
const ADDRESS_MASK_REQUEST = 17;
const ADDRESS_MASK_REPLY = 18;
const ROUTER_ADVERTISEMENT = 9;

const NOTHING = new Uint8Array(0);

/**
 * @example
 * const reader = new PacketReader();
 * reader.attach(buf);
 * if (reader.plainType(off, end) === EtherType.Ipv4) {
 *   const ip = off + ethernet.HEADER_LENGTH;
 *   if (reader.checkIpv4(ip, end) === Fault.None) use(reader.ipv4Src(ip));
 * }
 */
export class PacketReader {
  private buffer: Uint8Array = NOTHING;
  private view: DataView = new DataView(NOTHING.buffer);

  /**
   * Reads from `buf` from now on. Costs nothing if that is what it reads from already: a ring is one buffer for ever.
   * @throws {RangeError} if the buffer is longer than 2^30 bytes.
   */
  attach(buf: Uint8Array): void {
    if (buf !== this.buffer) this.change(buf);
  }

  private change(buf: Uint8Array): void {
    this.view = viewOf(buf);
    this.buffer = buf;
  }

  /** Unsigned byte at `at`; no check of any header says that it is there. As the next two. */
  u8(at: number): number {
    return this.view.getUint8(at);
  }

  /** Unsigned 16-bit integer at `at`. */
  u16(at: number): number {
    return this.view.getUint16(at & PLACE);
  }

  /** Signed 32-bit integer at `at`: how IPv4 addresses travel. */
  i32(at: number): number {
    return this.view.getInt32(at & PLACE);
  }

  /** As `checksum.checksum`: 0 if the range holds its own correct checksum. */
  checksum(off: number, end: number): number {
    return ~addWords(this.view, off, end) & 0xffff;
  }

  /** The type field of the Ethernet header at `off`; -1 if the frame ends before it. A tag or a length is a type too. */
  plainType(off: number, end: number): number {
    const view = this.view;
    return end - off < 14 ? -1 : view.getUint16((off & PLACE) + 12);
  }

  /** The type after the 802.1Q tag of the Ethernet header at `off`; -1 if there is no such tag, or the frame ends before. */
  taggedType(off: number, end: number): number {
    const view = this.view;
    return end - off < 18 || view.getUint16((off & PLACE) + 12) !== VLAN ? -1 : view.getUint16((off & PLACE) + 16);
  }

  /** The outermost tag's control information, see `vlan.tciVid` and its like. */
  tagTci(off: number): number {
    return this.view.getUint16((off & PLACE) + 14);
  }

  /** As `arp.check`. */
  checkArp(at: number, end: number): Fault {
    const room = end - at;
    if (room < 8) return Truncated;
    const types = this.view.getInt32(at & PLACE);
    const lengths = this.view.getUint16((at & PLACE) + 4);
    if (types !== 0x00010800 || lengths !== 0x0604) return AddressFormat;
    return room < 28 ? Truncated : None;
  }

  /** Operation, see `arp.Operation`. */
  arpOperation(at: number): number {
    return this.view.getUint16((at & PLACE) + 6);
  }

  /** Upper 16 bits of the sender's hardware address. */
  arpSenderMacHigh(at: number): number {
    return this.view.getUint16((at & PLACE) + 8);
  }

  /** Lower 32 bits of the sender's hardware address, signed. */
  arpSenderMacLow(at: number): number {
    return this.view.getInt32((at & PLACE) + 10);
  }

  /** Sender's IPv4 address, a signed 32-bit integer. */
  arpSenderIp(at: number): number {
    return this.view.getInt32((at & PLACE) + 14);
  }

  /** Upper 16 bits of the target's hardware address. */
  arpTargetMacHigh(at: number): number {
    return this.view.getUint16((at & PLACE) + 18);
  }

  /** Lower 32 bits of the target's hardware address, signed. */
  arpTargetMacLow(at: number): number {
    return this.view.getInt32((at & PLACE) + 20);
  }

  /** Target's IPv4 address, a signed 32-bit integer. */
  arpTargetIp(at: number): number {
    return this.view.getInt32((at & PLACE) + 24);
  }

  /**
   * Checks as `ipv4.check` does.
   * @returns the payload's first byte, or the fault with a minus sign.
   */
  ipv4Payload(at: number, end: number): number {
    const view = this.view;
    const room = end - at;
    if (room < 20) return -Truncated;
    const word = view.getInt32(at & PLACE);
    const header = (word >>> 22) & 0x3c;
    const total = word & 0xffff;
    if (word >>> 28 !== 4) return -Version;
    if (header < 20 || total < header) return -Length;
    return total > room ? -Truncated : (at & PLACE) + header;
  }

  /**
   * All that `ipv4.check`, `icmp.check` and four questions ask of an echo, in one: IPv4, whole, no fragment, ICMP, an echo
   * request or reply. For who wants echoes alone: who has to say what is wrong with a frame asks the checks.
   * @returns the message's first byte; -1 if anything is otherwise.
   */
  echoMessage(at: number, end: number): number {
    const view = this.view;
    const room = end - at;
    if (room < 28) return -1;
    const word = view.getInt32(at & PLACE);
    const header = (word >>> 22) & 0x3c;
    const total = word & 0xffff;
    if (word >>> 28 !== 4 || header < 20 || total > room || total - header < 8) return -1;
    // Fragment bits and offset, time to live, protocol.
    if ((view.getInt32((at & PLACE) + 6) & 0x3fff00ff) !== 1) return -1;
    const message = (at & PLACE) + header;
    return (view.getUint8(message) & 0xf7) === 0 ? message : -1;
  }

  /** Length of the header with its options in bytes, 20 to 60. */
  ipv4HeaderLength(at: number): number {
    return (this.view.getUint8(at & PLACE) & 15) << 2;
  }

  /** The byte after the payload, padding cut off. */
  ipv4PayloadEnd(at: number): number {
    return (at & PLACE) + this.view.getUint16((at & PLACE) + 2);
  }

  /** True if this is a fragment, the first included: its payload is no whole message. */
  ipv4IsFragment(at: number): boolean {
    return (this.view.getUint16((at & PLACE) + 6) & 0x3fff) !== 0;
  }

  /** Time to live, 0 to 255. */
  ipv4Ttl(at: number): number {
    return this.view.getUint8((at & PLACE) + 8);
  }

  /** What the payload is, see `ipv4.Protocol`. */
  ipv4Protocol(at: number): number {
    return this.view.getUint8((at & PLACE) + 9);
  }

  /** Source address, a signed 32-bit integer. */
  ipv4Src(at: number): number {
    return this.view.getInt32((at & PLACE) + 12);
  }

  /** Destination address, a signed 32-bit integer. */
  ipv4Dst(at: number): number {
    return this.view.getInt32((at & PLACE) + 16);
  }

  /** As `icmp.check`. */
  checkIcmp(at: number, end: number): Fault {
    if (end - at < 8) return Truncated;
    return this.view.getUint8(at & PLACE) <= ECHO_REQUEST ? None : this.checkLonger(at, end);
  }

  private checkLonger(at: number, end: number): Fault {
    const length = end - at;
    switch (this.view.getUint8(at)) {
      case TIMESTAMP_REQUEST:
      case TIMESTAMP_REPLY:
        return length < 20 ? Truncated : None;
      case ADDRESS_MASK_REQUEST:
      case ADDRESS_MASK_REPLY:
        return length < 12 ? Truncated : None;
      case ROUTER_ADVERTISEMENT: {
        const count = this.view.getUint8(at + 4);
        const entry = this.view.getUint8(at + 5);
        if (count > 0 && entry < 2) return Length;
        return length < 8 + count * entry * 4 ? Truncated : None;
      }
      default:
        return None;
    }
  }

  /** What the message is, see `icmp.Type`. */
  icmpType(at: number): number {
    return this.view.getUint8(at & PLACE);
  }

  /** What kind of its type. */
  icmpCode(at: number): number {
    return this.view.getUint8((at & PLACE) + 1);
  }

  /** Identifier of echo, timestamp and address mask messages. */
  icmpIdentifier(at: number): number {
    return this.view.getUint16((at & PLACE) + 4);
  }

  /** Sequence number of the same. */
  icmpSequence(at: number): number {
    return this.view.getUint16((at & PLACE) + 6);
  }
}
