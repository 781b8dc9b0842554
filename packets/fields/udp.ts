/** The fields of UDP (RFC 768). */
import * as udp from "../udp.ts";
import { portName } from "./names.ts";
import { layer } from "./spec.ts";
import { visitTransportChecksum } from "./transport-checksum.ts";
import type { Walker } from "./walker.ts";

const UDP = layer("udp", "User Datagram Protocol", "RFC 768");
const SOURCE = UDP.number("sourcePort", "Source port", 2, { names: portName });
const DESTINATION = UDP.number("destinationPort", "Destination port", 2, { names: portName });
const LENGTH = UDP.number("length", "Length", 2, { unit: "bytes" });
const AFTER = UDP.unused("Bytes after the datagram");
const CHECKSUM = UDP.checksum("checksum", "Checksum");

const PROTOCOL = 17;
const PLACE_OF_LENGTH = 4;
const PLACE_OF_CHECKSUM = 6;

export function visitUdp(w: Walker, at: number, isFragment: boolean): void {
  w.open(UDP, at);
  const source = w.u16(SOURCE, at);
  const destination = w.u16(DESTINATION, at + 2);
  const length = w.u16(LENGTH, at + PLACE_OF_LENGTH);
  // RFC 2675, 4: a jumbogram's length is 0. Segmentation offload leaves it so too.
  const isJumbo = length === 0;
  const stop = isJumbo ? w.end : at + length;
  const isPartial = isFragment || w.quoted > 0;
  const covered = isPartial ? w.end + 1 : stop;
  const place = at + PLACE_OF_CHECKSUM;
  visitTransportChecksum(w, CHECKSUM, place, at, covered, PROTOCOL, w.isChecksumOpen, w.ipVersion === 4);
  const next = at + udp.HEADER_LENGTH;
  if (length < udp.HEADER_LENGTH || stop > w.end) w.payload(UDP, next);
  if (!isJumbo && length < udp.HEADER_LENGTH) {
    w.problem(at, "length", `a length of ${length}, less than the header's ${udp.HEADER_LENGTH}`);
  } else if (stop > w.end && w.isWhole && !isFragment) {
    w.problem(w.end, "length", `the length, ${length}, exceeds the ${w.left(at)} bytes of the packet`);
  }
  if (length >= udp.HEADER_LENGTH && stop < w.end) w.place(AFTER, stop, w.end - stop);
  w.narrow(stop, "UDP length");
  if (length >= udp.HEADER_LENGTH && stop <= w.end) w.payload(UDP, next);
  if (w.close(next) && next < w.end) w.dispatch.datagram(w, source, destination, next);
  w.widen();
}
