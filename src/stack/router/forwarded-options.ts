/**
 * Datagrams with IPv4 options on their way through a router (RFC 1812, 5.2.4.1 and 5.3.13): what is wrong with them, and
 * what the router writes into those that pass. They are put together in memory of their own, so that an error quotes what
 * came, and the frame stays as it was for whoever else reads the link.
 */
import * as ipv4 from "../../../packets/ipv4.ts";
import * as options from "../../../packets/ipv4-options.ts";
import * as routeOptions from "../../../packets/ipv4-route-options.ts";
import { FrameCopier } from "../copy.ts";
import type { Core } from "../core.ts";
import { finishChecksum } from "../ipv4/unfinished.ts";

export class ForwardedOptions {
  readonly #copier = new FrameCopier();
  #datagram: Uint8Array | null = null;

  /**
   * A copy of the datagram being handled by `core`, with options as they leave through `out`: the address there recorded,
   * the time stamped, and a source route's next address in the destination's place. Its time to live is as it came.
   * @param payload the datagram's first byte after its header. @param total its bytes.
   * @param dst where it goes next, the header's destination unless a source route names it.
   * @param sourceRoute offset of that option in the frame, or -1.
   * @returns the copy, from its first byte on, or null if an option has no room for what belongs there.
   */
  rewrite(
    core: Core,
    out: Core,
    payload: number,
    total: number,
    hop: number,
    dst: number,
    sourceRoute: number,
  ): Uint8Array | null {
    const { buf, network: off } = core.received;
    this.#datagram ??= new Uint8Array(ipv4.MAX_LENGTH);
    const copy = this.#datagram;
    this.#copier.copy(buf, off, copy, 0, total);
    const address = out.identity.sourceFor(hop);
    if (sourceRoute >= 0) {
      routeOptions.follow(copy, sourceRoute - off, dst, address);
      ipv4.setDst(copy, 0, dst);
    }
    const start = options.start(0);
    if (routeOptions.update(copy, start, payload - off, address, core.timeOfDay(), core.identity, true) >= 0)
      return null;
    if (core.received.isChecksumOpen && core.received.segment === 0) finishChecksum(copy, 0);
    ipv4.updateChecksum(copy, 0);
    return copy;
  }
}
