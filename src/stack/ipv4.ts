/** IPv4 for one host: what RFC 1122 (3.2.1) and RFC 1812 (5.2.2) have a host check before it believes a datagram. */
import { Fault } from "../../packets/fault.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as address from "../../packets/ipv4-address.ts";
import * as options from "../../packets/ipv4-options.ts";
import { FrameFlag } from "../link/link.ts";
import type { Core } from "./core.ts";
import { Drop, type Verdict } from "./drop.ts";
import type { IcmpHandler } from "./icmp.ts";
import { ALL_HOSTS } from "./identity.ts";

export class Ipv4Handler {
  readonly #core: Core;
  readonly #icmp: IcmpHandler;

  constructor(core: Core, icmp: IcmpHandler) {
    this.#core = core;
    this.#icmp = icmp;
  }

  /** Takes in the datagram in the frame being handled. */
  input(): Verdict {
    const { received, identity } = this.#core;
    const { buf, cursor, network: off, end } = received;
    const payload = cursor.ipv4Payload(off, end);
    if (payload < 0) return this.#faulty(-payload as Fault);
    if (cursor.checksum(off, payload) !== 0) return Drop.IpChecksum;
    const src = cursor.ipv4Src(off);
    const dst = cursor.ipv4Dst(off);
    if (address.isLoopback(src) || address.isLoopback(dst)) return Drop.IpLoopback;
    if (!address.isUnicast(src) || identity.isBroadcast(src)) return Drop.IpSource;
    if (identity.owns(src)) return Drop.IpSourceOwn;
    const isUnicast = identity.owns(dst);
    if (!isUnicast && !identity.isBroadcast(dst) && dst !== ALL_HOSTS) return Drop.IpNotForUs;
    if (isUnicast && received.isGroup) return Drop.IpGroupFrame;
    // TTL is no matter here: a host never drops for it (RFC 1122, 3.2.1.7).
    if (payload - off > ipv4.MIN_HEADER_LENGTH) {
      if (options.check(buf, off) !== Fault.None) return Drop.IpOptions;
      if (isSourceRouted(buf, off)) return Drop.IpSourceRoute;
    }
    if (cursor.ipv4IsFragment(off)) return Drop.IpFragment;
    if (cursor.ipv4Protocol(off) !== ipv4.Protocol.Icmp) return Drop.IpProtocol;
    return this.#icmp.input(payload, cursor.ipv4PayloadEnd(off), isUnicast);
  }

  #faulty(fault: Fault): Verdict {
    if (fault === Fault.Version) return Drop.IpVersion;
    if (fault === Fault.Length) return Drop.IpLength;
    const { batch, index } = this.#core.received;
    return batch !== null && (batch.flags[index]! & FrameFlag.Truncated) !== 0 ? Drop.FrameCut : Drop.IpTruncated;
  }
}

function isSourceRouted(buf: Uint8Array, off: number): boolean {
  return (
    options.find(buf, off, options.OptionType.LooseSourceRoute) >= 0 ||
    options.find(buf, off, options.OptionType.StrictSourceRoute) >= 0
  );
}
