/** UDP: ports and length. What a port's number promises about the data is not followed. */
import { getU16 } from "../bytes.ts";
import * as inet from "../checksum.ts";
import * as ipv4 from "../ipv4.ts";
import * as udp from "../udp.ts";
import type { Dissection } from "./dissection.ts";
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
  if (!d.has(at, udp.LENGTH)) {
    printEndpoints(d, ip, version, -1, -1);
    d.truncated();
    return true;
  }
  printEndpoints(d, ip, version, udp.srcPort(buf, at), udp.dstPort(buf, at));
  if (length < udp.HEADER_LENGTH) {
    out.ascii(`truncated-udp ${length}`);
    return true;
  }
  if (!d.has(at, udp.CHECKSUM)) {
    d.truncated();
    return true;
  }
  const declared = udp.length(buf, at);
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
  if (declared - udp.HEADER_LENGTH > data) {
    out.ascii(`UDP, bad length ${declared - udp.HEADER_LENGTH} > ${data}`);
    return true;
  }
  out.put(UDP_LENGTH);
  out.decimal(declared - udp.HEADER_LENGTH);
  return true;
}

/** `10.0.0.1.53 > 10.0.0.2.4000: `, or without ports if they are -1; ports alone if another header lies between. */
export function printEndpoints(d: Dissection, ip: number, version: number, srcPort: number, dstPort: number): void {
  const { out, buf } = d;
  const isDirect = version === 4 || buf[ip + 6] === 6 || buf[ip + 6] === 17;
  if (!isDirect && srcPort < 0) return;
  printEndpoint(d, isDirect, version, ip + (version === 4 ? ipv4.SRC : 8), srcPort);
  out.put(TO);
  printEndpoint(d, isDirect, version, ip + (version === 4 ? ipv4.DST : 24), dstPort);
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
      : ipv6PseudoHeaderSum(buf, ip, ipv4.Protocol.Udp, length);
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
