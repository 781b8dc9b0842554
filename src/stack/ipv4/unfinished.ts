/**
 * What a sender left to its network card. On a virtual cable there is none: datagrams come with the TCP or UDP checksum
 * unfinished, and TCP's in frames that stand for many segments. Who passes them on to a real receiver, or over a link that
 * does not take them so, has to do the card's work.
 */
import { Fault } from "../../../packets/fault.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as options from "../../../packets/ipv4-options.ts";
import { finalDestination } from "../../../packets/ipv4-route-options.ts";
import * as tcp from "../../../packets/tcp.ts";
import * as udp from "../../../packets/udp.ts";

/** A segment is no shorter than what the smallest MSS leaves (Linux: TCP_MIN_SND_MSS less 40 bytes of options). */
const LEAST_SEGMENT = 8;

/** Finishes the UDP or TCP checksum of the datagram at `ip`, in place; one that is right stays as it is. */
export function finishChecksum(buf: Uint8Array, ip: number): void {
  if (transportLength(buf, ip) === 0) return;
  const at = ipv4.payloadOffset(buf, ip);
  const end = ip + ipv4.totalLength(buf, ip);
  const src = ipv4.src(buf, ip);
  // That of where the datagram ends, also on a source route.
  const start = options.start(ip);
  const next = ipv4.dst(buf, ip);
  const dst = at > start ? finalDestination(buf.subarray(start, at), next) : next;
  if (ipv4.protocol(buf, ip) === ipv4.Protocol.Udp) udp.updateChecksum(buf, at, src, dst);
  else tcp.updateChecksum(buf, at, end, src, dst);
}

/**
 * Length in bytes of the UDP or TCP header of the datagram at `ip`; 0 if it has none that is whole. A fragment has none:
 * nobody leaves its checksum to a card.
 */
export function transportLength(buf: Uint8Array, ip: number): number {
  if (ipv4.isFragment(buf, ip)) return 0;
  const at = ipv4.payloadOffset(buf, ip);
  const end = ip + ipv4.totalLength(buf, ip);
  const protocol = ipv4.protocol(buf, ip);
  if (protocol === ipv4.Protocol.Udp) return udp.check(buf, at, end) === Fault.None ? udp.HEADER_LENGTH : 0;
  if (protocol === ipv4.Protocol.Tcp) return tcp.check(buf, at, end) === Fault.None ? tcp.headerLength(buf, at) : 0;
  return 0;
}

/** Bytes of all headers, and with them of each datagram that the one at `ip` stands for, the last one perhaps but less. */
export function segmentTotal(buf: Uint8Array, ip: number, segment: number): number {
  return ipv4.payloadOffset(buf, ip) - ip + transportLength(buf, ip) + segment;
}

/** How many datagrams the one at `ip` stands for. */
export function segmentCount(buf: Uint8Array, ip: number, segment: number): number {
  const data = ipv4.totalLength(buf, ip) - segmentTotal(buf, ip, 0);
  return segment === 0 ? 1 : Math.max(1, Math.ceil(data / segment));
}

/**
 * The datagrams that the one at `ip` stands for, their checksums right (as Linux cuts them: tcp_gso_segment,
 * inet_gso_segment). Allocates: it is not the common way.
 */
export function* segments(buf: Uint8Array, ip: number, segment: number): Generator<Uint8Array> {
  const transport = ipv4.payloadOffset(buf, ip) - ip;
  const headers = segmentTotal(buf, ip, 0);
  const end = ipv4.totalLength(buf, ip);
  if (headers === transport || segment < LEAST_SEGMENT) return;
  const id = ipv4.identification(buf, ip);
  const isTcp = ipv4.protocol(buf, ip) === ipv4.Protocol.Tcp;
  for (let at = headers, n = 0; at < end; at += segment, n++) {
    const size = Math.min(segment, end - at);
    const piece = new Uint8Array(headers + size);
    piece.set(buf.subarray(ip, ip + headers));
    piece.set(buf.subarray(ip + at, ip + at + size), headers);
    ipv4.setTotalLength(piece, 0, piece.length);
    ipv4.setIdentification(piece, 0, (id + n) & 0xffff);
    ipv4.updateChecksum(piece, 0);
    if (isTcp) fitTcp(piece, transport, at - headers, at + size === end);
    else udp.setLength(piece, transport, udp.HEADER_LENGTH + size);
    finishChecksum(piece, 0);
    yield piece;
  }
}

/** @param done bytes of payload before this segment. */
function fitTcp(piece: Uint8Array, at: number, done: number, isLast: boolean): void {
  tcp.setSequence(piece, at, (tcp.sequence(piece, at) + done) | 0);
  // What ends, ends with the last; a reduced window is told once (RFC 3168, 6.1.2).
  const notHere = (isLast ? 0 : tcp.Flag.Fin | tcp.Flag.Psh) | (done > 0 ? tcp.Flag.Cwr : 0);
  piece[at + tcp.FLAGS]! &= ~notHere;
}
