/** Datagrams of others on their way out of one interface: the next hop resolved, or waited for. */
import { EtherType } from "../../packets/ethernet.ts";
import * as address from "../../packets/ipv4-address.ts";
import type { Core } from "./core.ts";
import type { NeighbourCache } from "./neighbour.ts";
import { SendResult } from "./send-result.ts";

/** Of the IPv4 header: time to live and protocol, then the checksum. */
const TTL_AND_PROTOCOL = 8;
const CHECKSUM = 10;

export class Relay {
  readonly #core: Core;
  readonly #neighbours: NeighbourCache;

  constructor(core: Core, neighbours: NeighbourCache) {
    this.#core = core;
    this.#neighbours = neighbours;
  }

  /**
   * Sends a copy of the datagram at `off`, no longer than the link's MTU, with two words of its header replaced.
   * @param hop whom to hand it; the limited broadcast for everybody on the link.
   * @param word time to live and protocol. @param checksum of the header as it becomes.
   */
  pass(hop: number, buf: Uint8Array, off: number, total: number, word: number, checksum: number): SendResult {
    const { output, link } = this.#core;
    if (hop === address.LIMITED_BROADCAST) return this.#put(link.tx, -1, 0xffff, -1, buf, off, total, word, checksum);
    const cache = this.#neighbours;
    if (this.#core.observers.listening) this.#core.reportMiss(cache, hop);
    output.cork();
    // The clock was read when the batch began.
    const entry = cache.useNow(hop, 0, false);
    let result: SendResult = SendResult.TableFull;
    if (entry >= 0)
      result = cache.usable(entry)
        ? this.#put(link.tx, -1, cache.high(entry), cache.low(entry), buf, off, total, word, checksum)
        : this.#put(cache.queueBuffer, entry, 0, 0, buf, off, total, word, checksum);
    output.uncork();
    return result;
  }

  /** @param entry the neighbour that it waits for, or -1. */
  #put(
    frame: Uint8Array,
    entry: number,
    high: number,
    low: number,
    buf: Uint8Array,
    off: number,
    total: number,
    word: number,
    checksum: number,
  ): SendResult {
    const { output } = this.#core;
    const at = entry < 0 ? output.reserve(total) : this.#neighbours.enqueue(entry, output.headerLength + total, false);
    if (at < 0) return entry < 0 ? SendResult.LinkFull : SendResult.QueueFull;
    output.writeHeader(frame, at, high, low, EtherType.Ipv4);
    const ip = at + output.headerLength;
    output.copy(buf, off, frame, ip, total);
    output.writer.u16(ip + TTL_AND_PROTOCOL, word);
    output.writer.u16(ip + CHECKSUM, checksum);
    if (entry >= 0) return SendResult.Waiting;
    output.commit(total);
    return SendResult.Sent;
  }
}
