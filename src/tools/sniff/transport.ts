/** What UDP and TCP are told by IPv4 and IPv6 alike, and the checksum that all three share. */
import { getU16 } from "../../../packets/bytes.ts";
import * as inet from "../../../packets/checksum.ts";
import type { Draft, Subject } from "./explanation.ts";

/** An IP packet as its transport sees it. */
export interface IpPacket {
  /** Addresses as text. */
  readonly src: string;
  readonly dst: string;
  readonly protocol: number;
  /** The sum of both addresses' words: what the pseudo header adds to checksums. */
  readonly addressSum: number;
  /** The transport's first byte, and the byte after its last captured one. */
  readonly payload: number;
  readonly end: number;
  /** Bytes of the transport as the IP header says. */
  readonly length: number;
  /** True if it is only the first fragment of a datagram. */
  readonly isFragment: boolean;
}

/** What an address and a port are called. */
export function endpoint(ip: string, port: number): string {
  return `${ip} port ${port}`;
}

const OPEN =
  "Its checksum is not finished: the sender left that to hardware, which a veth pair does not have. No error.";

/**
 * Adds to the draft what is to say about the transport's checksum, `at` bytes after its beginning.
 * A sender that leaves it to the hardware puts the pseudo header's sum there (Linux: CHECKSUM_PARTIAL).
 */
export function noteChecksum(subject: Subject, draft: Draft, packet: IpPacket, at: number, name: string): void {
  const { buf } = subject;
  if (subject.isChecksumOpen) {
    draft.say(OPEN);
    return;
  }
  const { payload, length } = packet;
  if (packet.isFragment || subject.isCut || payload + length > packet.end) return;
  const pseudo = inet.fold(packet.addressSum + packet.protocol + (length >>> 16) + (length & 0xffff));
  const sum = inet.fold(inet.add(buf, payload, payload + length, pseudo));
  if (sum === 0xffff) return;
  if (getU16(buf, payload + at) === pseudo) draft.say(OPEN);
  else draft.find("bad-checksum", `Its ${name} checksum is wrong: hosts drop it silently.`);
}
