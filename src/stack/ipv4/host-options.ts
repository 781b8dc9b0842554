/**
 * IPv4 options of what a host sends and receives (RFC 791, 3.1; RFC 1122, 3.2.1.8 and 3.2.2.6): its own address and the
 * time written where they are wanted, once as a datagram comes and once as one leaves, as Linux does. All of it happens in
 * copies of 40 bytes: what came stays as it was.
 */
import { copyBytes } from "../../../packets/bytes.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as options from "../../../packets/ipv4-options.ts";
import * as routeOptions from "../../../packets/ipv4-route-options.ts";
import type { Core } from "../core.ts";
import type { DatagramHeader } from "./ipv4-output.ts";
import { OptionBuffer } from "./option-buffer.ts";

export class HostOptionBuffers {
  readonly #core: Core;
  readonly #received = new OptionBuffer();
  readonly #answer = new OptionBuffer();

  constructor(core: Core) {
    this.#core = core;
  }

  /** The options of the datagram being handled, which is for us, with our address and time in them. Good until the next call. */
  received(): Uint8Array {
    const core = this.#core;
    const { buf, network } = core.received;
    const from = options.start(network);
    const length = options.end(buf, network) - from;
    const { bytes } = this.#received;
    copyBytes(buf, from, bytes, 0, length);
    // Nothing can be wrong: a datagram with options that leave too little room was refused when it came.
    const asked = ipv4.dst(buf, network);
    // RFC 1122, 3.2.1.3: in a broadcast's place the address of the interface that it came through.
    const us = core.identity.owns(asked) ? asked : core.identity.sourceFor(ipv4.src(buf, network));
    routeOptions.update(bytes, 0, length, us, core.timeOfDay(), core.identity, true);
    return this.#received.view(length);
  }

  /**
   * Puts into `header` the options that an answer to the datagram being handled carries, and the first hop of the way back
   * where it was source-routed; the other addresses are there already.
   * @returns 0, or the byte of the datagram's header at fault, if an option has some room left, but less than is needed.
   */
  answer(header: DatagramHeader): number {
    const core = this.#core;
    const { buf, network } = core.received;
    const came = this.received();
    const { bytes } = this.#answer;
    const route = routeOptions.findSourceRoute(came, 0, came.length);
    // Where the route ended with several addresses of ours, the way back begins after them.
    if (route >= 0) routeOptions.trim(came, route, core.identity);
    const length = routeOptions.answer(came, 0, came.length, header.dst, bytes);
    const fault = routeOptions.update(
      bytes,
      0,
      length,
      this.#leavingAs(header),
      core.timeOfDay(),
      core.identity,
      false,
    );
    if (fault >= 0) return options.find(buf, network, optionAt(bytes, fault)) + routeOptions.pointerOffset(0) - network;
    header.options = this.#answer.view(length);
    if (route < 0 || routeOptions.findSourceRoute(bytes, 0, length) < 0) return 0;
    header.dst = routeOptions.routeAddress(came, route, routeOptions.recorded(came, route) - 1);
    // The sender chose it: never everybody.
    return core.identity.mayBeHost(header.dst) ? 0 : options.find(buf, network, came[route]!) - network;
  }

  /** The address asked, if it is this interface's: else one that is (RFC 1812, 4.2.2.2). */
  #leavingAs({ src, dst }: DatagramHeader): number {
    const { identity } = this.#core;
    for (const prefix of identity.prefixes) if (prefix.address === src) return src;
    return identity.sourceFor(dst);
  }
}

/** Type of the option that the byte at `at` belongs to. */
function optionAt(list: Uint8Array, at: number): number {
  for (let start = 0; start < list.length; ) {
    const next = start + Math.max(1, options.optionLength(list, start, list.length));
    if (next > at) return list[start]!;
    start = next;
  }
  return options.OptionType.EndOfList;
}
