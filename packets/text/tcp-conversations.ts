/**
 * The sequence numbers that each TCP conversation began with, so that later segments can be printed relative to them.
 * It holds a bounded number of conversations; when full, it forgets them all and begins anew.
 */
import { sameBytes } from "../bytes.ts";

const LIMIT = 65_536;

/** One conversation, seen from its lower end: the one with the lower port, or the lower address if they are the same. */
export interface Conversation {
  readonly addresses: Uint8Array;
  /** First sequence number of the lower end, and of the upper end, less one where only an acknowledgement was seen. */
  lower: number;
  upper: number;
}

export class Conversations {
  /** Sequence and acknowledgement number of the segment in hand, relative once its conversation is known. */
  seq = 0;
  ack = 0;
  /** What the segment's selective acknowledgements are relative to. */
  sackBase = 0;
  private readonly byPorts = new Map<number, Conversation[]>();
  private size = 0;

  /** The conversation between two ends, or undefined. @param length bytes of each of the two addresses in `buf`. */
  find(ports: number, buf: Uint8Array, low: number, high: number, length: number): Conversation | undefined {
    const candidates = this.byPorts.get(ports);
    if (candidates === undefined) return undefined;
    for (const one of candidates) {
      if (one.addresses.length !== 2 * length) continue;
      if (!sameBytes(one.addresses, 0, buf, low, length)) continue;
      if (sameBytes(one.addresses, length, buf, high, length)) return one;
    }
    return undefined;
  }

  add(ports: number, buf: Uint8Array, low: number, high: number, length: number): Conversation {
    if (this.size >= LIMIT) {
      this.byPorts.clear();
      this.size = 0;
    }
    const addresses = new Uint8Array(2 * length);
    addresses.set(buf.subarray(low, low + length));
    addresses.set(buf.subarray(high, high + length), length);
    const one = { addresses, lower: 0, upper: 0 };
    const candidates = this.byPorts.get(ports);
    if (candidates === undefined) this.byPorts.set(ports, [one]);
    else candidates.push(one);
    this.size++;
    return one;
  }
}
