/**
 * UDP: ports, and what the port says that the data is: DNS, Multicast DNS, DHCP. Of anything else the length only, even
 * where tcpdump knows the protocol.
 */
import { getU16 } from "../bytes.ts";
import * as inet from "../checksum.ts";
import { CLIENT_PORT, SERVER_PORT } from "../dhcp-header.ts";
import * as dns from "../dns-header.ts";
import * as ipv4 from "../ipv4.ts";
import * as ipv6 from "../ipv6.ts";
import * as udp from "../udp.ts";
import { printDhcp } from "./dhcp.ts";
import type { Dissection } from "./dissection.ts";
import { printDns } from "./dns.ts";
import { pseudoHeaderSum, shouldBe } from "./ipv4.ts";
import { ipv6PseudoHeaderSum } from "./ipv6.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("udp");
const TO = literal(" > ");
const COLON = literal(": ");
const UDP_LENGTH = literal("UDP, length ");
const NO_CHECKSUM = literal("[no cksum] ");
const CHECKSUM_OK = literal("[udp sum ok] ");
const DOT = 0x2e;
/** Longest datagram that the length field can tell. */
const MAX_LENGTH = 0xffff;

/** See `printPayload` for the parameters. */
export function printUdp(
  d: Dissection,
  ip: number,
  version: number,
  at: number,
  length: number,
  fragmented: boolean,
): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  const isDirect = carries(d, ip, version, ipv4.Protocol.Udp);
  if (!d.has(at, udp.LENGTH)) {
    if (isDirect) printEndpoints(d, ip, version, true, -1, -1);
    d.truncated();
    return true;
  }
  printEndpoints(d, ip, version, isDirect, udp.srcPort(buf, at), udp.dstPort(buf, at));
  if (length < udp.HEADER_LENGTH) {
    out.ascii(`truncated-udp ${length}`);
    return true;
  }
  if (!d.has(at, udp.CHECKSUM)) {
    d.truncated();
    return true;
  }
  let declared = udp.length(buf, at);
  // In a jumbogram the field is 0, and the length is what IPv6 says (RFC 2675, 4).
  if (declared === 0 && length > MAX_LENGTH) declared = length;
  if (declared < udp.HEADER_LENGTH) {
    out.ascii(`truncated-udplength ${declared}`);
    return true;
  }
  const data = Math.min(declared, length) - udp.HEADER_LENGTH;
  if (!d.has(at, udp.HEADER_LENGTH)) {
    d.truncated();
    return true;
  }
  if (d.verbose > 0 && d.checksums && !fragmented) printChecksum(d, ip, version, at, data + udp.HEADER_LENGTH);
  if (!d.quiet) {
    const src = udp.srcPort(buf, at);
    const dst = udp.dstPort(buf, at);
    const payload = at + udp.HEADER_LENGTH;
    if (src === dns.PORT || dst === dns.PORT) return printDns(d, payload, data, false, false);
    if (src === dns.MULTICAST_PORT || dst === dns.MULTICAST_PORT) return printDns(d, payload, data, false, true);
    if (isDhcp(src) || isDhcp(dst)) return printDhcp(d, payload, data);
  }
  if (declared - udp.HEADER_LENGTH > data && !fragmented) {
    out.ascii(`UDP, bad length ${declared - udp.HEADER_LENGTH} > ${data}`);
    return true;
  }
  out.put(UDP_LENGTH);
  out.decimal(declared - udp.HEADER_LENGTH);
  return true;
}

function isDhcp(port: number): boolean {
  return port === SERVER_PORT || port === CLIENT_PORT;
}

/** True if the IP header at `ip` names `protocol`, and no other header lies between: the addresses are still to print. */
export function carries(d: Dissection, ip: number, version: number, protocol: number): boolean {
  return d.buf[ip + (version === 4 ? ipv4.PROTOCOL : ipv6.NEXT_HEADER)] === protocol;
}

/** `10.0.0.1.53 > 10.0.0.2.4000: `, without ports if they are -1, and without addresses unless `isDirect`. */
export function printEndpoints(
  d: Dissection,
  ip: number,
  version: number,
  isDirect: boolean,
  srcPort: number,
  dstPort: number,
): void {
  const { out } = d;
  printEndpoint(d, isDirect, version, ip + (version === 4 ? ipv4.SRC : ipv6.SRC), srcPort);
  out.put(TO);
  printEndpoint(d, isDirect, version, ip + (version === 4 ? ipv4.DST : ipv6.DST), dstPort);
  out.put(COLON);
}

function printEndpoint(d: Dissection, isDirect: boolean, version: number, address: number, port: number): void {
  const { out, buf } = d;
  if (isDirect) {
    if (version === 4) out.ipv4(buf, address);
    else out.ipv6(buf, address);
    if (port >= 0) out.byte(DOT);
  }
  if (port >= 0) out.decimal(port);
}

/** tcpdump looks at the checksum over IPv4 only with -vv, over IPv6 (where it is mandatory) with -v. */
function printChecksum(d: Dissection, ip: number, version: number, at: number, length: number): void {
  const { out, buf } = d;
  const found = getU16(buf, at + udp.CHECKSUM);
  if (version === 4) {
    if (d.verbose < 2) return;
    if (found === 0) {
      out.put(NO_CHECKSUM);
      return;
    }
  }
  if (!d.has(at, length)) return;
  const pseudo =
    version === 4
      ? pseudoHeaderSum(buf, ip, ipv4.Protocol.Udp, length, d.end)
      : ipv6PseudoHeaderSum(d, ip, ipv4.Protocol.Udp, length);
  const residue = ~inet.fold(inet.add(buf, at, at + length, pseudo)) & 0xffff;
  if (residue === 0) {
    out.put(CHECKSUM_OK);
    return;
  }
  const right = shouldBe(found, residue);
  out.ascii(`[bad udp cksum 0x${hex4(found)} -> 0x${hex4(right)}!] `);
}

/** Four hexadecimal digits. */
export function hex4(value: number): string {
  return value.toString(16).padStart(4, "0");
}
