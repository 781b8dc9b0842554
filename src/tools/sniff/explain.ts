/**
 * What a frame means, in one line of English, for those who learn: who asks whom for what, which earlier frame this one
 * answers, what is repeated, unasked for, or in conflict. It remembers a bounded number of questions and addresses.
 */
import * as arp from "../../../packets/arp.ts";
import * as ethernet from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import { FrameCursor } from "../../../packets/frame.ts";
import * as llc from "../../../packets/llc.ts";
import * as vlan from "../../../packets/vlan.ts";
import { ArpExplainer } from "./explain-arp.ts";
import { Ipv4Explainer } from "./explain-ipv4.ts";
import { Ipv6Explainer } from "./explain-ipv6.ts";
import { explainLldp } from "./explain-lldp.ts";
import { StpExplainer } from "./explain-stp.ts";
import { cutShort, type Draft, type Explanation, malformed, plain, type Subject } from "./explanation.ts";
import type { Fact } from "./facts.ts";
import { Transports } from "./transports.ts";
import { count } from "./words.ts";

export type { Explanation, Finding, FrameKind } from "./explanation.ts";
export type { Fact } from "./facts.ts";

export interface ExplainerOptions {
  /** Number of the first frame if `explain` is not told; default 1. */
  readonly firstNumber?: number;
  /** Questions and addresses remembered, of each kind; default 4,096. */
  readonly memory?: number;
  /** Told what is found in the frame at hand, before `explain` returns. */
  readonly observer?: (fact: Fact) => void;
}

/** A frame's flag: the sender left the transport checksum for hardware to finish. The Link's and the capture files'. */
const CHECKSUM_NOT_READY = 1;
/** Cisco's Per-VLAN Spanning Tree. */
const PID_PVST = 0x010b;

export class Explainer {
  /** A few words about the frame explained last, for a drawing's arrow: `who has 10.0.0.2?`. */
  label = "";
  /** The VLANs that it is in, the outermost first, as `10` or `10.20`; empty for none. */
  vlan = "";
  private readonly cursor = new FrameCursor();
  private readonly arp: ArpExplainer;
  private readonly ipv4: Ipv4Explainer;
  private readonly ipv6: Ipv6Explainer;
  private readonly stp: StpExplainer;
  private readonly observe: ((fact: Fact) => void) | null;
  private next: number;

  constructor(options: ExplainerOptions = {}) {
    const memory = options.memory ?? 4096;
    this.next = options.firstNumber ?? 1;
    this.arp = new ArpExplainer(memory);
    const transports = new Transports(memory);
    this.ipv4 = new Ipv4Explainer(memory, transports);
    this.ipv6 = new Ipv6Explainer(memory, transports);
    this.stp = new StpExplainer(memory);
    this.observe = options.observer ?? null;
  }

  /**
   * Explains one frame; the frames of a wire must come in their order. Nothing of the buffer is kept.
   * @param length captured bytes from `off`. @param originalLength bytes on the wire.
   * @param time nanoseconds since any fixed moment. @param number how others call this frame: by default, it counts.
   * @param flags bits of FrameFlag (or RecordFlag). @param wire which wire it was seen on, if there are several: what was
   * seen on one neither answers nor repeats what was seen on another.
   */
  explain(
    buf: Uint8Array,
    off: number,
    length: number,
    originalLength: number,
    time: number,
    number = this.next,
    flags = 0,
    wire = 0,
  ): Explanation {
    this.next = number + 1;
    const { cursor } = this;
    const isCut = length < originalLength;
    const fault = cursor.dissect(buf, off, off + length);
    const tags = describeTags(cursor);
    const subject: Subject = {
      buf,
      frame: off,
      at: cursor.networkOffset,
      end: cursor.networkEnd,
      time,
      number,
      segment: wire === 0 ? tags.key : `wire ${wire} ${tags.key}`,
      isCut,
      isChecksumOpen: (flags & CHECKSUM_NOT_READY) !== 0,
      observe: this.observe,
    };
    const draft = fault === Fault.None ? this.explainPayload(subject) : explainFault(subject, fault);
    if (isCut) draft.say(`Only ${length} of ${count(originalLength, "byte")} were captured.`);
    this.label = draft.label;
    this.vlan = tags.key.trim();
    return draft.done(tags.text);
  }

  private explainPayload(subject: Subject): Draft {
    const { cursor } = this;
    switch (cursor.etherType) {
      case ethernet.EtherType.Arp:
      case ethernet.EtherType.ReverseArp:
        if (arp.check(subject.buf, subject.at, subject.end) === Fault.None) return this.arp.explain(subject);
        return explainStrangeArp(subject);
      case ethernet.EtherType.Ipv4:
        return this.ipv4.explain(subject);
      case ethernet.EtherType.Ipv6:
        return this.ipv6.explain(subject);
      case ethernet.EtherType.Lldp:
        return explainLldp(subject);
      case 0:
        if (isSpanningTree(subject.buf, cursor)) return this.stp.explain(subject);
        return plain("llc", "LLC", "An IEEE 802.3 frame: LLC follows its length. No ARP and no IP in it.");
      default: {
        const name = ethernet.etherTypeName(cursor.etherType);
        return plain("other", name, `EtherType ${name}: neither ARP nor IP.`);
      }
    }
  }
}

/** Spanning tree's own access point, or Cisco's by SNAP, one tree for each VLAN. */
function isSpanningTree(buf: Uint8Array, cursor: FrameCursor): boolean {
  const { llcOffset } = cursor;
  if (!cursor.isSnap) return llc.dsap(buf, llcOffset) === llc.Sap.SpanningTree;
  return llc.oui(buf, llcOffset) === llc.OUI_CISCO && llc.pid(buf, llcOffset) === PID_PVST;
}

function explainFault(subject: Subject, fault: Fault): Draft {
  if (fault === Fault.Depth) return malformed("too many tags", "More VLAN tags than anybody stacks.");
  return cutShort(subject, "cut", "Too short for its headers.");
}

/** ARP that failed `arp.check`. */
function explainStrangeArp(subject: Subject): Draft {
  const text = "An ARP packet that is cut short, or not about IPv4 over Ethernet.";
  if (arp.check(subject.buf, subject.at, subject.end) === Fault.Truncated) return cutShort(subject, "ARP, cut", text);
  return plain("malformed", "ARP", text);
}

/** `In VLAN 10: `, the outermost first. */
function describeTags(cursor: FrameCursor): { key: string; text: string } {
  if (cursor.vlanCount === 0) return { key: "", text: "" };
  const ids: number[] = [];
  for (let i = 0; i < cursor.vlanCount; i++) ids.push(vlan.tciVid(cursor.vlanTci(i)));
  const [outer, ...inner] = ids;
  if (ids.length === 1 && outer === vlan.VID_PRIORITY_ONLY) {
    return { key: "", text: `With priority ${vlan.tciPcp(cursor.vlanTci(0))}, in no VLAN: ` };
  }
  const nested = inner.map((id) => `, within it VLAN ${id}`).join("");
  return { key: `${ids.join(".")} `, text: `In VLAN ${outer}${nested}: ` };
}
