/** Frames for the explainers' tests, and one wire that explains them in their order. */
import { arp, ethernet, icmp, ipv4, ipv4Address, mac } from "../../../packets/index.ts";
import { Explainer, type Explanation, type Fact } from "../../../src/tools/sniff/explain.ts";

export const A = Uint8Array.of(2, 0, 0, 0, 0, 1);
export const B = Uint8Array.of(2, 0, 0, 0, 0, 2);
export const C = Uint8Array.of(2, 0, 0, 0, 0, 3);
export const MS = 1e6;
export const SECOND = 1e9;

export function ip(text: string): number {
  return ipv4Address.parse(text)!;
}

/** One wire, one explainer, a frame a call. */
export class Wire {
  readonly facts: Fact[] = [];
  readonly explainer = new Explainer({ observer: (fact) => this.facts.push(fact) });
  now = 0;

  see(frame: Uint8Array, afterNs = 0, flags = 0, originalLength = frame.length): Explanation {
    this.now += afterNs;
    return this.explainer.explain(frame, 0, frame.length, originalLength, this.now, undefined, flags);
  }

  /** The same, and only what was found, as codes. */
  codes(frame: Uint8Array, afterNs = 0): string[] {
    return (this.see(frame, afterNs).findings ?? []).map((finding) => finding.code);
  }
}

export function arpFrame(
  oper: number,
  src: Uint8Array,
  spa: string,
  dst: Uint8Array,
  tpa: string,
  tha = mac.ZERO,
): Uint8Array {
  const payload = arp.build({ oper, sha: src, spa: ip(spa), tha, tpa: ip(tpa) });
  return ethernet.build({ dst, src, type: 0x0806, payload });
}

export const ask = (tpa = "10.0.0.2", who = A, spa = "10.0.0.1") => arpFrame(1, who, spa, mac.BROADCAST, tpa);
export const answer = (who = B, spa = "10.0.0.2") => arpFrame(2, who, spa, A, "10.0.0.1", A);
export const probe = (who = A, tpa = "10.0.0.9") => arpFrame(1, who, "0.0.0.0", mac.BROADCAST, tpa);
export const announce = (who = A, spa = "10.0.0.9") => arpFrame(1, who, spa, mac.BROADCAST, spa);

export function ipFrame(
  protocol: number,
  payload: Uint8Array,
  src = "10.0.0.1",
  dst = "10.0.0.2",
  more: Partial<ipv4.Ipv4Packet> = {},
  macs: { dst: Uint8Array; src: Uint8Array } = { dst: B, src: A },
): Uint8Array {
  const fixed = { tos: 0, id: 1, flags: 2, fragmentOffset: 0, ttl: 64, options: new Uint8Array(0) };
  const packet = ipv4.build({ ...fixed, protocol, src: ip(src), dst: ip(dst), payload, ...more });
  return ethernet.build({ ...macs, type: 0x0800, payload: packet });
}

export function echo(kind: "echo-request" | "echo-reply", sequence: number, data = new Uint8Array(56)): Uint8Array {
  const message = icmp.build({ kind, code: 0, identifier: 7, sequence, data });
  return kind === "echo-request" ? ipFrame(1, message) : ipFrame(1, message, "10.0.0.2", "10.0.0.1");
}

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;

/** A segment of the client (10.0.0.1 port 40000) or, with `back`, of the server (10.0.0.2 port 80). */
export function tcpFrame(
  flags: number,
  sequence: number,
  acknowledgement: number,
  bytes = 0,
  back = false,
  window = 1000,
): Uint8Array {
  const segment = new Uint8Array(20 + bytes);
  const view = new DataView(segment.buffer);
  view.setUint16(0, back ? 80 : 40_000);
  view.setUint16(2, back ? 40_000 : 80);
  view.setUint32(4, sequence);
  view.setUint32(8, acknowledgement);
  view.setUint8(12, 0x50);
  view.setUint8(13, flags);
  view.setUint16(14, window);
  const [src, dst] = back ? ["10.0.0.2", "10.0.0.1"] : ["10.0.0.1", "10.0.0.2"];
  view.setUint16(16, transportChecksum(segment, src!, dst!, 6));
  return ipFrame(6, segment, src, dst);
}

export function transportChecksum(segment: Uint8Array, src: string, dst: string, protocol: number): number {
  let sum = protocol + segment.length;
  for (const one of [ip(src), ip(dst)]) sum += (one >>> 16) + (one & 0xffff);
  for (let i = 0; i < segment.length; i++) sum += i % 2 === 0 ? segment[i]! << 8 : segment[i]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
