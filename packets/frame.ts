/**
 * Walks the link layer of a frame in place: Ethernet II or IEEE 802.3, up to eight stacked VLAN tags, LLC and SNAP. One
 * cursor serves any number of frames and allocates nothing for them.
 */
import { EtherType, HEADER_LENGTH, MAX_LENGTH, TYPE } from "./ethernet.ts";
import { Fault } from "./fault.ts";
import * as llc from "./llc.ts";
import { PacketReader } from "./reader.ts";
import * as vlan from "./vlan.ts";

// V8 folds constants that a module keeps to itself, and loads imported ones from memory at every use.
const { Ipv4, Arp } = EtherType;
const HEADER = HEADER_LENGTH;
const TYPE_AT = TYPE;
const NONE = Fault.None;

/** Tags that a cursor follows; more are a fault, since each costs time and nobody stacks that many. */
export const MAX_TAGS = 8;

/**
 * Where a frame's parts lie. All fields hold what the last `dissect` found; after a fault they tell how far it came,
 * so that a printer can show what is there.
 *
 * @example
 * const cursor = new FrameCursor();
 * if (cursor.dissect(buf, off, end) === Fault.None && cursor.etherType === EtherType.Arp) {
 *   const fault = arp.check(buf, cursor.networkOffset, cursor.networkEnd);
 * }
 */
export class FrameCursor extends PacketReader {
  /**
   * The EtherType of what lies at `networkOffset`: after all tags, and out of SNAP if its organisation says that it is
   * one. 0 if the frame names none: LLC without SNAP, another organisation's SNAP, or a fault before it.
   */
  etherType = 0;
  /** First byte after the link layer's headers; after a fault, of the header that could not be read. */
  networkOffset = 0;
  /**
   * End of the network layer's bytes: the end of the capture, or of what an IEEE 802.3 length covers. Ethernet II has
   * no length: padding is inside, and the network layer's own length cuts it off.
   */
  networkEnd = 0;
  /** Number of VLAN tags, 0 to 8. */
  vlanCount = 0;
  /** True if the frame carries an IEEE 802.3 length and LLC instead of an EtherType. */
  isLlc = false;
  /** True if SNAP follows LLC. */
  isSnap = false;
  /** First byte of the LLC header; meaningless unless `isLlc`. */
  llcOffset = 0;
  /** The IEEE 802.3 length, 0 to 1,500; it may exceed what was captured. Meaningless unless `isLlc`. */
  llcLength = 0;

  private readonly tpids = new Uint16Array(MAX_TAGS);
  private readonly tcis = new Uint16Array(MAX_TAGS);

  /** Tag protocol identifier of tag `i`, 0 the outermost; 0 if there is no such tag. */
  vlanTpid(i: number): number {
    return i >= 0 && i < this.vlanCount ? this.tpids[i]! : 0;
  }

  /** Tag control information of tag `i`, 0 the outermost: see `vlan.tciVid` and its like. 0 if there is no such tag. */
  vlanTci(i: number): number {
    return i >= 0 && i < this.vlanCount ? this.tcis[i]! : 0;
  }

  /**
   * Walks the frame from `off` to `end`, and attaches the reader to its buffer.
   * @returns None; Truncated if a header is cut by the capture; Length if one is cut by the 802.3 length; Depth if there
   * are more than eight tags.
   */
  dissect(buf: Uint8Array, off: number, end: number): Fault {
    const at = this.network(buf, off, end);
    return (at < 0 ? -at : NONE) as Fault;
  }

  /**
   * As {@link dissect}, for the hot path.
   * @returns `networkOffset`, or the fault with a minus sign. Taking it from here instead of the field spares the next
   * header's loads from waiting for a store.
   */
  network(buf: Uint8Array, off: number, end: number): number {
    this.attach(buf);
    this.networkEnd = end;
    this.vlanCount = 0;
    this.isLlc = false;
    this.isSnap = false;
    const type = this.plainType(off, end);
    // Nearly every frame; the rest lies apart, so that this stays small enough to be inlined.
    if (type !== Ipv4 && type !== Arp) return this.walk(buf, off, end, type);
    const at = off + HEADER;
    this.etherType = type;
    this.networkOffset = at;
    return at;
  }

  private walk(buf: Uint8Array, off: number, end: number, first: number): number {
    this.etherType = 0;
    this.networkOffset = off;
    const fault = first < 0 ? Fault.Truncated : this.walkTagsAndLlc(buf, off + TYPE_AT, end, first);
    return fault === Fault.None ? this.networkOffset : -fault;
  }

  private walkTagsAndLlc(buf: Uint8Array, typeAt: number, end: number, first: number): Fault {
    let at = typeAt;
    let type = first;
    while (vlan.isTagType(type)) {
      this.networkOffset = at;
      if (this.vlanCount === MAX_TAGS) return Fault.Depth;
      if (vlan.check(buf, at, end) !== Fault.None) return Fault.Truncated;
      this.tpids[this.vlanCount] = type;
      this.tcis[this.vlanCount] = vlan.tci(buf, at);
      this.vlanCount++;
      type = vlan.nextType(buf, at);
      at += vlan.LENGTH;
    }
    at += 2;
    this.networkOffset = at;
    if (type > MAX_LENGTH) {
      this.etherType = type;
      return Fault.None;
    }
    return this.walkLlc(buf, at, end, type);
  }

  private walkLlc(buf: Uint8Array, at: number, end: number, length: number): Fault {
    this.isLlc = true;
    this.llcOffset = at;
    this.llcLength = length;
    const isCut = at + length > end;
    if (!isCut) this.networkEnd = at + length;
    if (llc.check(buf, at, this.networkEnd) !== Fault.None) return isCut ? Fault.Truncated : Fault.Length;
    this.isSnap = llc.isSnap(buf, at);
    this.networkOffset = at + llc.headerLength(buf, at);
    if (this.isSnap) {
      const oui = llc.oui(buf, at);
      if (oui === llc.OUI_ETHERNET || oui === llc.OUI_BRIDGED) this.etherType = llc.pid(buf, at);
    }
    return Fault.None;
  }
}
