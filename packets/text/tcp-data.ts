/**
 * What a segment's data is by its ports. Text protocols, SSH's greeting and Telnet's commands are followed; of the others
 * that tcpdump follows, the word that its line has for them.
 */
import * as dns from "../dns-header.ts";
import type { Dissection } from "./dissection.ts";
import { printDns } from "./dns.ts";
import { printTelnet } from "./telnet.ts";
import { FTP, HTTP, printTextProtocol, RTSP, SMTP, type TextProtocol, WHOIS } from "./text-protocol.ts";
import { type Literal, literal } from "./writer.ts";

/** Prints `length` bytes at `at`; false if the captured bytes end within. */
type DataPrinter = (d: Dissection, at: number, length: number) => boolean;

/** In the order in which tcpdump looks at both ports. */
const PRINTERS: readonly (readonly [port: number, print: DataPrinter])[] = [
  [23, printTelnet],
  [25, text(SMTP)],
  [43, text(WHOIS)],
  [179, word(": BGP")],
  [22, printSsh],
  [6633, word(": OpenFlow")],
  [6653, word(": OpenFlow")],
  [21, text(FTP)],
  [80, text(HTTP)],
  [8080, text(HTTP)],
  [554, text(RTSP)],
  [8554, text(RTSP)],
  [dns.PORT, printDnsMessage],
  [323, printRpki],
];
const RANKS: ReadonlyMap<number, number> = new Map(PRINTERS.map(([port], rank) => [port, rank]));

/** The data of a segment between two ports, `length` bytes at `at`. */
export function printTcpData(d: Dissection, srcPort: number, dstPort: number, at: number, length: number): boolean {
  const bySrc = RANKS.get(srcPort) ?? PRINTERS.length;
  const byDst = RANKS.get(dstPort) ?? PRINTERS.length;
  const rank = Math.min(bySrc, byDst);
  return rank === PRINTERS.length || PRINTERS[rank]![1](d, at, length);
}

function text(kind: TextProtocol): DataPrinter {
  return (d, at, length) => printTextProtocol(d, at, length, kind);
}

function printDnsMessage(d: Dissection, at: number, length: number): boolean {
  return printDns(d, at, length, true, false);
}

function word(name: string): DataPrinter {
  const prepared = literal(name);
  return (d) => put(d, prepared);
}

function put(d: Dissection, name: Literal): true {
  d.out.put(name);
  return true;
}

const RPKI = literal("rpki_rtr");
const RPKI_NAME = literal(", RPKI-RTR");
const RPKI_HEADER_LENGTH = 8;

/** The RPKI to router protocol (RFC 8210): its name, where a header is there. */
function printRpki(d: Dissection, at: number): boolean {
  d.protocol = RPKI;
  return d.has(at, RPKI_HEADER_LENGTH) && put(d, RPKI_NAME);
}

const SSH = literal("ssh");
const SSH_VERSION = literal(": SSH: ");
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
/** `SSH-` */
const GREETING = [0x53, 0x53, 0x48, 0x2d];

/** The line with which both sides begin (RFC 4253, 4.2). */
function printSsh(d: Dissection, at: number, length: number): boolean {
  d.protocol = SSH;
  const { buf, out } = d;
  for (const [i, code] of GREETING.entries()) {
    if (!d.has(at + i, 1)) return false;
    if (buf[at + i] !== code) return true;
  }
  for (let i = at + GREETING.length; i < at + length; i++) {
    if (!d.has(i, 1)) return false;
    const byte = buf[i]!;
    if (byte === RETURN) {
      if (i + 1 >= at + length) return true;
      if (!d.has(i + 1, 1)) return false;
      if (buf[i + 1] !== LINE_FEED) return true;
    }
    if (byte === LINE_FEED || byte === RETURN) {
      out.put(SSH_VERSION);
      out.raw(buf.subarray(at, i));
      return true;
    }
    if (byte < 0x20 || byte >= 0x7f) return true;
  }
  return true;
}
