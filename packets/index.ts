/**
 * vethlab's codecs: bytes in, meaning out. Each module is a namespace; importing one brings no Linux, no node: module and
 * no native package with it.
 *
 * @example
 * import { arp, Fault, FrameCursor, EtherType } from "vethlab/packets";
 */
export * as ah from "./ah.ts";
export * as arp from "./arp.ts";
export * as bpf from "./bpf.ts";
export * as bytes from "./bytes.ts";
export * as checksum from "./checksum.ts";
export * as dhcp from "./dhcp.ts";
export * as dns from "./dns.ts";
export * as esp from "./esp.ts";
export * as ethernet from "./ethernet.ts";
export { EtherType } from "./ethernet.ts";
export { Fault, faultName } from "./fault.ts";
export { FrameCursor } from "./frame.ts";
export * as icmp from "./icmp.ts";
export * as icmpv6 from "./icmpv6.ts";
export * as igmp from "./igmp.ts";
export * as ipv4 from "./ipv4.ts";
export * as ipv4Address from "./ipv4-address.ts";
export * as ipv4Options from "./ipv4-options.ts";
export * as ipv4RouteOptions from "./ipv4-route-options.ts";
export * as ipv6 from "./ipv6.ts";
export * as ipv6Address from "./ipv6-address.ts";
export * as ipv6Extension from "./ipv6-extension.ts";
export * as ipv6Options from "./ipv6-options.ts";
export * as layout from "./layout.ts";
export * as llc from "./llc.ts";
export * as lldp from "./lldp.ts";
export * as mac from "./mac.ts";
export * as mld from "./mld.ts";
export * as ndp from "./ndp.ts";
export * as ndpOption from "./ndp-option.ts";
export { PacketReader } from "./reader.ts";
export * as stp from "./stp.ts";
export * as tcp from "./tcp.ts";
export * as tcpOptions from "./tcp-options.ts";
export * as text from "./text/index.ts";
export * as udp from "./udp.ts";
export * as vlan from "./vlan.ts";
export { PacketWriter } from "./writer.ts";
