/**
 * All fields of a frame, in the order of the wire, for whoever wants them: the tree and the JSON take the same ones.
 *
 * @example
 * const reader = new FieldReader();
 * reader.read(sink, buf, off, captured, length, false);
 */
import { EtherType } from "../ethernet.ts";
import { visitArp } from "./arp.ts";
import { visitEthernet } from "./ethernet.ts";
import { visitIcmp } from "./icmp.ts";
import { visitIpv4 } from "./ipv4.ts";
import type { FieldSink } from "./sink.ts";
import { visitTcp } from "./tcp.ts";
import { visitUdp } from "./udp.ts";
import { type Dispatch, Walker } from "./walker.ts";

const Ip = { Icmp: 1, Igmp: 2, Ipv4: 4, Tcp: 6, Udp: 17, Ipv6: 41 } as const;

const DISPATCH: Dispatch = {
  knows(_ipVersion, protocol) {
    return protocol === Ip.Icmp || protocol === Ip.Tcp || protocol === Ip.Udp || protocol === Ip.Ipv4;
  },
  etherType(w, type, at) {
    switch (type) {
      case EtherType.Ipv4:
        return visitIpv4(w, at);
      case EtherType.Arp:
      case EtherType.ReverseArp:
        return visitArp(w, at);
    }
  },
  ipProtocol(w, protocol, at, isFragment) {
    switch (protocol) {
      case Ip.Icmp:
        return visitIcmp(w, at, isFragment);
      case Ip.Udp:
        return visitUdp(w, at, isFragment);
      case Ip.Tcp:
        return visitTcp(w, at, isFragment);
      case Ip.Ipv4:
        return visitIpv4(w, at);
    }
  },
  datagram() {
    return false;
  },
  llc() {},
};

const nobody: FieldSink = {
  open() {},
  close() {},
  number() {},
  place() {},
  made() {},
  checksum() {},
  problem() {},
};

/** Reads any number of frames, one after the other. */
export class FieldReader {
  private readonly walker = new Walker(DISPATCH, nobody);

  /**
   * Hands all fields of the frame at `off` to `sink`. It never throws and reads nothing but the frame.
   * @param captured bytes that are there. @param length bytes that the frame had on the wire.
   * @param isChecksumOpen true if the sender left the transport checksum to the hardware.
   * @returns the number of bytes after the network layer's packet: padding, or a trailer; 0 if there is none.
   */
  read(
    sink: FieldSink,
    buf: Uint8Array,
    off: number,
    captured: number,
    length: number,
    isChecksumOpen: boolean,
  ): number {
    const { walker } = this;
    const end = off + captured;
    walker.begin(sink, buf, off, end, captured < length ? "captured length" : "frame length", isChecksumOpen);
    visitEthernet(walker, off);
    return walker.trailer >= 0 && walker.trailer < end ? end - walker.trailer : 0;
  }
}
