/**
 * All fields of a frame, in the order of the wire, for whoever wants them: the tree and the JSON take the same ones.
 *
 * @example
 * const reader = new FieldReader();
 * reader.read(sink, buf, off, captured, length, false);
 */
import { EtherType } from "../ethernet.ts";
import { visitArp } from "./arp.ts";
import { visitDhcp } from "./dhcp.ts";
import { visitDns } from "./dns.ts";
import { visitEthernet } from "./ethernet.ts";
import { visitIcmp } from "./icmp.ts";
import { visitIcmpv6 } from "./icmpv6.ts";
import { visitIgmp } from "./igmp.ts";
import { visitIpv4 } from "./ipv4.ts";
import { visitIpv6 } from "./ipv6.ts";
import { visitLldp } from "./lldp.ts";
import type { FieldSink } from "./sink.ts";
import { visitStp } from "./stp.ts";
import { visitTcp } from "./tcp.ts";
import { visitUdp } from "./udp.ts";
import { type Dispatch, Walker } from "./walker.ts";

const Ip = { Icmp: 1, Igmp: 2, Ipv4: 4, Tcp: 6, Udp: 17, Ipv6: 41, Icmpv6: 58 } as const;
const LLDP = 0x88cc;
const Port = { Dns: 53, DhcpServer: 67, DhcpClient: 68, MulticastDns: 5353 } as const;

const DISPATCH: Dispatch = {
  knows(ipVersion, protocol) {
    switch (protocol) {
      case Ip.Icmp:
      case Ip.Igmp:
        return ipVersion === 4;
      case Ip.Icmpv6:
        return ipVersion === 6;
      case Ip.Tcp:
      case Ip.Udp:
      case Ip.Ipv4:
      case Ip.Ipv6:
        return true;
      default:
        return false;
    }
  },
  etherType(w, type, at) {
    switch (type) {
      case EtherType.Ipv4:
        visitIpv4(w, at);
        break;
      case EtherType.Ipv6:
        visitIpv6(w, at);
        break;
      case EtherType.Arp:
      case EtherType.ReverseArp:
        visitArp(w, at);
        break;
      case LLDP:
        visitLldp(w, at);
        break;
    }
  },
  ipProtocol(w, protocol, at, isFragment) {
    switch (protocol) {
      case Ip.Icmp:
        visitIcmp(w, at, isFragment);
        break;
      case Ip.Igmp:
        visitIgmp(w, at, isFragment);
        break;
      case Ip.Icmpv6:
        visitIcmpv6(w, at, isFragment);
        break;
      case Ip.Udp:
        visitUdp(w, at, isFragment);
        break;
      case Ip.Tcp:
        visitTcp(w, at, isFragment);
        break;
      case Ip.Ipv4:
        visitIpv4(w, at);
        break;
      case Ip.Ipv6:
        visitIpv6(w, at);
        break;
    }
  },
  datagram(w, sourcePort, destinationPort, at) {
    const has = (port: number) => sourcePort === port || destinationPort === port;
    if (has(Port.Dns) || has(Port.MulticastDns)) visitDns(w, at);
    else if (has(Port.DhcpServer) || has(Port.DhcpClient)) visitDhcp(w, at);
    else return false;
    return true;
  },
  llc(w, _sap, at) {
    visitStp(w, at);
  },
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
  private readonly walker: Walker;

  /** @param verifies false to leave open whether checksums are right. */
  constructor(verifies = true) {
    this.walker = new Walker(DISPATCH, nobody, verifies);
  }

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
