/** TCP (RFC 9293): flags, sequence numbers relative to the conversation's beginning, window, options and length. */
import { getU16, getU32 } from "../bytes.ts";
import * as inet from "../checksum.ts";
import * as ipv4 from "../ipv4.ts";
import type { Dissection } from "./dissection.ts";
import { pseudoHeaderSum, shouldBe } from "./ipv4.ts";
import { ipv6PseudoHeaderSum } from "./ipv6.ts";
import { printTcpData } from "./tcp-data.ts";
import { printTcpOptions } from "./tcp-options.ts";
import { carries, hex4, printEndpoints } from "./udp.ts";
import { printVisible } from "./visible.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("tcp");
const MIN_HEADER_LENGTH = 20;
/** Without the space before it that the other protocols have: so tcpdump prints it. */
const CUT = literal("[|tcp]");

const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;
const URG = 0x20;
/** In tcpdump's order: F, S, R, P, ., U, E, W, and the accurate ECN bit. */
const FLAGS = [
  [FIN, "F"],
  [SYN, "S"],
  [RST, "R"],
  [0x08, "P"],
  [ACK, "."],
  [URG, "U"],
  [0x40, "E"],
  [0x80, "W"],
] as const;
/** `Flags [S.]` for each of the 256 combinations, made once. */
const FLAG_TEXTS = Array.from({ length: 256 }, (_, flags) => {
  const letters = FLAGS.map(([bit, letter]) => ((flags & bit) !== 0 ? letter : "")).join("");
  return literal(`Flags [${letters === "" ? "none" : letters}]`);
});

const SEQ = literal(", seq ");
const ACKNOWLEDGED = literal(", ack ");
const WINDOW = literal(", win ");
const URGENT = literal(", urg ");
const LENGTH = literal(", length ");
const COLON = 0x3a;

/** See `printPayload` for the parameters. */
export function printTcp(
  d: Dissection,
  ip: number,
  version: number,
  at: number,
  length: number,
  fragmented: boolean,
): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (!d.has(at, 4)) {
    printEndpoints(d, ip, version, true, -1, -1);
    out.put(CUT);
    return true;
  }
  const isDirect = carries(d, ip, version, ipv4.Protocol.Tcp);
  printEndpoints(d, ip, version, isDirect, getU16(buf, at), getU16(buf, at + 2));
  if (!d.has(at, MIN_HEADER_LENGTH)) {
    d.truncated();
    return true;
  }
  const header = (buf[at + 12]! >> 4) << 2;
  if (header < MIN_HEADER_LENGTH) {
    const data = (length - header) >>> 0;
    out.ascii(` tcp ${data} [bad hdr length ${header} - too short, < ${MIN_HEADER_LENGTH}]`);
    return true;
  }
  if (d.quiet) {
    out.ascii(`tcp ${(length - header) >>> 0}`);
    if (header > length) out.ascii(` [bad hdr length ${header} - too long, > ${length}]`);
    return true;
  }
  const flags = buf[at + 13]!;
  out.put(FLAG_TEXTS[flags]!);
  const relative = d.conversations;
  relative.seq = getU32(buf, at + 4);
  relative.ack = getU32(buf, at + 8);
  relative.sackBase = 0;
  if (!d.absoluteSequence && (flags & ACK) !== 0) follow(d, ip, version, at, (flags & SYN) !== 0);
  if (header > length) {
    out.ascii(` [bad hdr length ${header} - too long, > ${length}]`);
    return true;
  }
  if (d.verbose > 0 && d.checksums && !fragmented && d.has(at, length)) printChecksum(d, ip, version, at, length);

  const data = length - header;
  if (d.verbose > 1 || data > 0 || (flags & (SYN | FIN | RST)) !== 0) {
    out.put(SEQ);
    out.decimal(relative.seq);
    if (data > 0) {
      out.byte(COLON);
      out.decimal((relative.seq + data) % 0x100000000);
    }
  }
  if ((flags & ACK) !== 0) {
    out.put(ACKNOWLEDGED);
    out.decimal(relative.ack);
  }
  out.put(WINDOW);
  out.decimal(getU16(buf, at + 14));
  if ((flags & URG) !== 0) {
    out.put(URGENT);
    out.decimal(getU16(buf, at + 18));
  }
  if (header > MIN_HEADER_LENGTH) {
    const options = printTcpOptions(d, at, header, data);
    if (options === "cut") return false;
    if (options === "end") return true;
  }
  out.put(LENGTH);
  out.decimal(data);
  if (data === 0) return true;
  if (!d.has(at, header)) {
    out.ascii(` [remaining caplen(${d.end - at}) < header length(${header})]`);
    return false;
  }
  if ((flags & RST) !== 0 && d.verbose > 0) printResetData(d, at + header, data);
  else return printTcpData(d, getU16(buf, at), getU16(buf, at + 2), at + header, data);
  return true;
}

/** Makes the numbers relative to the conversation's beginning, or begins it. */
function follow(d: Dissection, ip: number, version: number, at: number, isSyn: boolean): void {
  const { buf } = d;
  const size = version === 4 ? 4 : 16;
  const src = ip + (version === 4 ? ipv4.SRC : 8);
  const dst = src + size;
  const srcPort = getU16(buf, at);
  const dstPort = getU16(buf, at + 2);
  const isReverse = srcPort > dstPort || (srcPort === dstPort && isGreater(buf, src, dst, size));
  const ports = isReverse ? dstPort * 65_536 + srcPort : srcPort * 65_536 + dstPort;
  const low = isReverse ? dst : src;
  const high = isReverse ? src : dst;
  const relative = d.conversations;
  const { seq, ack } = relative;
  let one = relative.find(ports, buf, low, high, size);
  if (one === undefined || isSyn) {
    one ??= relative.add(ports, buf, low, high, size);
    one.lower = isReverse ? (ack - 1) >>> 0 : seq;
    one.upper = isReverse ? seq : (ack - 1) >>> 0;
  } else {
    relative.seq = (seq - (isReverse ? one.upper : one.lower)) >>> 0;
    relative.ack = (ack - (isReverse ? one.lower : one.upper)) >>> 0;
  }
  relative.sackBase = isReverse ? one.lower : one.upper;
}

function isGreater(buf: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (buf[a + i] !== buf[b + i]) return buf[a + i]! > buf[b + i]!;
  return false;
}

function printChecksum(d: Dissection, ip: number, version: number, at: number, length: number): void {
  const { buf, out } = d;
  const pseudo =
    version === 4
      ? pseudoHeaderSum(buf, ip, ipv4.Protocol.Tcp, length, d.end)
      : ipv6PseudoHeaderSum(d, ip, ipv4.Protocol.Tcp, length);
  const found = getU16(buf, at + 16);
  const residue = ~inet.fold(inet.add(buf, at, at + length, pseudo)) & 0xffff;
  out.ascii(`, cksum 0x${hex4(found)}`);
  out.ascii(residue === 0 ? " (correct)" : ` (incorrect -> 0x${hex4(shouldBe(found, residue))})`);
}

/** A reset may say why in its data (RFC 9293, 3.5.3): at most thirty characters of it. */
function printResetData(d: Dissection, at: number, length: number): void {
  const { out } = d;
  out.ascii(d.has(at, length) ? " [RST" : " [!RST");
  if (length > 30) out.ascii("+");
  out.ascii(" ");
  printVisible(d, at, Math.min(length, 30));
  out.ascii("]");
}
