/** Datagrams of others on their way out of one interface: the next hop resolved, or waited for. */
import { EtherType } from "../../../packets/ethernet.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import type { Core } from "../core.ts";
import { finishChecksum, segments, transportLength } from "../ipv4/unfinished.ts";
import type { NeighbourCache } from "../neighbour/neighbour.ts";
import { isSent, SendResult } from "../send-result.ts";

/** Of the IPv4 header: time to live and protocol, then the checksum. */
const TTL_AND_PROTOCOL = 8;
const CHECKSUM = 10;
/** In `#segment`: what is passed on is finished. */
const FINISHED = -1;

export class Relay {
  readonly #core: Core;
  readonly #neighbours: NeighbourCache;
  /** Payload bytes of each datagram that the one at hand stands for, 0 for a single one, or {@link FINISHED}. */
  #segment = FINISHED;

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

  /**
   * The same for a datagram that the sender left to a card to finish: as it is where the link takes it so, else finished,
   * and cut, here. It may exceed the link's MTU if its segments do not.
   * @param segment payload bytes of each datagram that it stands for; 0 if it is a single one.
   */
  passUnfinished(
    hop: number,
    buf: Uint8Array,
    off: number,
    total: number,
    word: number,
    checksum: number,
    segment: number,
  ): SendResult {
    // Anybody can claim of anything that it is unfinished.
    if (transportLength(buf, off) === 0)
      return segment > 0 ? SendResult.TooLong : this.pass(hop, buf, off, total, word, checksum);
    if (segment > 0 && !this.#takesLong(hop)) return this.#cut(hop, buf, off, word, segment);
    this.#segment = segment;
    const result = this.pass(hop, buf, off, total, word, checksum);
    this.#segment = FINISHED;
    return result;
  }

  /** True if a datagram longer than the MTU may go to `hop` now. */
  #takesLong(hop: number): boolean {
    const entry = this.#neighbours.find(hop);
    return this.#core.link.canCommitUnfinished === true && entry >= 0 && this.#neighbours.usable(entry);
  }

  #cut(hop: number, buf: Uint8Array, off: number, word: number, segment: number): SendResult {
    let result: SendResult = SendResult.TooLong;
    for (const piece of segments(buf, off, segment)) {
      ipv4.setTtl(piece, 0, word >>> 8);
      ipv4.updateChecksum(piece, 0);
      result = this.pass(hop, piece, 0, piece.length, word, ipv4.headerChecksum(piece, 0));
      if (!isSent(result)) break;
    }
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
    if (this.#segment !== FINISHED) return this.#putUnfinished(frame, entry, ip, total);
    if (entry >= 0) return SendResult.Waiting;
    output.commit(total);
    return SendResult.Sent;
  }

  #putUnfinished(frame: Uint8Array, entry: number, ip: number, total: number): SendResult {
    const { output, link } = this.#core;
    const isLeft = entry < 0 && link.canCommitUnfinished === true;
    if (!isLeft) finishChecksum(frame, ip);
    if (entry >= 0) return SendResult.Waiting;
    if (isLeft) output.commitUnfinished(total, this.#segment);
    else output.commit(total);
    return SendResult.Sent;
  }
}
