/** arping's frames: the probe it sends, and which of those that arrive are answers to it. */
import * as arp from "../../../packets/arp.ts";
import { EtherType, TYPE, writeHeader } from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import { FrameCursor } from "../../../packets/frame.ts";
import * as mac from "../../../packets/mac.ts";
import * as vlan from "../../../packets/vlan.ts";
import type { Link } from "../../link/link.ts";
import type { ArpingOptions } from "./options.ts";

/**
 * Sends one probe.
 * @param to the station to ask, or null for all.
 * @returns false if the link could not send it.
 */
export function sendProbe(link: Link, options: ArpingOptions, to: Uint8Array | null): boolean {
  const header = vlan.headerLength(options.vlan === undefined ? 0 : 1);
  const at = link.reserve(header + arp.LENGTH);
  if (at < 0) return false;
  const { tx } = link;
  writeHeader(tx, at, to ?? mac.BROADCAST, options.mac, EtherType.Arp);
  const packet = at + header;
  arp.setFixed(tx, packet, options.advertise === true ? arp.Operation.Reply : arp.Operation.Request);
  mac.copy(options.mac, 0, tx, packet + arp.SHA);
  arp.setSenderIp(tx, packet, options.source);
  mac.copy(options.advertise === true ? options.mac : (to ?? mac.ZERO), 0, tx, packet + arp.THA);
  arp.setTargetIp(tx, packet, options.target);
  if (options.vlan !== undefined) {
    vlan.setTpid(tx, at + TYPE, EtherType.Vlan);
    vlan.setTci(tx, at + TYPE, vlan.makeTci(options.vlan));
    tx[packet - 2] = EtherType.Arp >>> 8;
    tx[packet - 1] = EtherType.Arp & 0xff;
  }
  link.commit(header + arp.LENGTH);
  return link.flush() > 0;
}

export interface Answer {
  readonly isReply: boolean;
  /** False if it went to all, or to a group. */
  readonly isUnicast: boolean;
  /** Who answered. */
  readonly mac: Uint8Array;
  /** Whom it was for: normally ourselves. */
  readonly targetMac: Uint8Array;
  readonly targetIp: number;
}

/** Tells answers from everything else. */
export class AnswerReader {
  readonly #options: ArpingOptions;
  readonly #cursor = new FrameCursor();

  constructor(options: ArpingOptions) {
    this.#options = options;
  }

  /** The answer in the frame from `off` to `end`, or null if it is none. Allocates for answers alone. */
  read(buf: Uint8Array, off: number, end: number): Answer | null {
    const cursor = this.#cursor;
    if (cursor.dissect(buf, off, end) !== Fault.None || cursor.etherType !== EtherType.Arp) return null;
    if (!this.#isOurVlan()) return null;
    const packet = cursor.networkOffset;
    if (arp.check(buf, packet, cursor.networkEnd) !== Fault.None) return null;
    const isUnicast = !mac.isMulticast(buf, off);
    const { mac: own } = this.#options;
    if (isUnicast && !mac.equal(buf, off, own, 0)) return null;
    const operation = arp.operation(buf, packet);
    if (operation !== arp.Operation.Request && operation !== arp.Operation.Reply) return null;
    if (!this.#isFromTarget(buf, packet)) return null;
    return {
      isReply: operation === arp.Operation.Reply,
      isUnicast,
      mac: buf.slice(packet + arp.SHA, packet + arp.SHA + mac.LENGTH),
      targetMac: buf.slice(packet + arp.THA, packet + arp.THA + mac.LENGTH),
      targetIp: arp.targetIp(buf, packet),
    };
  }

  #isOurVlan(): boolean {
    const cursor = this.#cursor;
    if (this.#options.vlan === undefined) return cursor.vlanCount === 0;
    return cursor.vlanCount === 1 && vlan.tciVid(cursor.vlanTci(0)) === this.#options.vlan;
  }

  #isFromTarget(buf: Uint8Array, packet: number): boolean {
    const { target, source, detect, mac: own } = this.#options;
    if (arp.senderIp(buf, packet) !== target) return false;
    const isForSource = arp.targetIp(buf, packet) === source;
    // Detecting, anything that the address says counts unless we said it ourselves (RFC 5227, 2.1.1).
    if (detect === true) return !mac.equal(buf, packet + arp.SHA, own, 0) && (source === 0 || isForSource);
    return isForSource && mac.equal(buf, packet + arp.THA, own, 0);
  }
}
