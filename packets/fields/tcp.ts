/** The fields of TCP (RFC 9293). */

import { portName } from "./names.ts";
import { visitTcpOptions } from "./tcp-options.ts";
import { TCP } from "./tcp-spec.ts";
import { visitTransportChecksum } from "./transport-checksum.ts";
import type { Walker } from "./walker.ts";

const FLAG_NAMES: Readonly<Record<number, string>> = {
  1: "fin",
  2: "syn",
  4: "rst",
  8: "psh",
  16: "ack",
  32: "urg",
  64: "ece",
  128: "cwr",
  256: "ae",
};

const SOURCE = TCP.number("sourcePort", "Source port", 2, { names: portName });
const DESTINATION = TCP.number("destinationPort", "Destination port", 2, { names: portName });
const SEQUENCE = TCP.number("sequence", "Sequence number", 4);
const ACKNOWLEDGEMENT = TCP.number("acknowledgement", "Acknowledgment number", 4);
const HEADER_LENGTH = TCP.number("headerLength", "Data offset", 1, { bits: [0, 4], unit: "bytes" });
const FLAGS = TCP.set("flags", "Control bits", 2, (bit) => FLAG_NAMES[bit] ?? "", { bits: [7, 9] });
const TREE = { inJson: false };
const BITS = [
  TCP.flag("", "AE: accurate ECN", 2, 7, { ...TREE, source: "RFC 9768, 3.1" }),
  TCP.flag("", "CWR: congestion window reduced", 2, 8, { ...TREE, source: "RFC 3168, 6.1" }),
  TCP.flag("", "ECE: ECN-Echo", 2, 9, { ...TREE, source: "RFC 3168, 6.1" }),
  TCP.flag("", "URG: urgent pointer is valid", 2, 10, TREE),
  TCP.flag("", "ACK: acknowledgment is valid", 2, 11, TREE),
  TCP.flag("", "PSH: push", 2, 12, TREE),
  TCP.flag("", "RST: reset the connection", 2, 13, TREE),
  TCP.flag("", "SYN: synchronize sequence numbers", 2, 14, TREE),
  TCP.flag("", "FIN: no more data from sender", 2, 15, TREE),
];
const WINDOW = TCP.number("window", "Window", 2, { note: "as it stands there, not scaled" });
const CHECKSUM = TCP.checksum("checksum", "Checksum");
const URGENT = TCP.number("urgentPointer", "Urgent pointer", 2);

const PROTOCOL = 6;
const MIN_HEADER_LENGTH = 20;

export function visitTcp(w: Walker, at: number, isFragment: boolean): void {
  w.open(TCP, at);
  w.u16(SOURCE, at);
  w.u16(DESTINATION, at + 2);
  w.u32(SEQUENCE, at + 4);
  w.u32(ACKNOWLEDGEMENT, at + 8);
  const header = w.bits(HEADER_LENGTH, at + 12, 4);
  w.bits(FLAGS, at + 12);
  for (const bit of BITS) w.bits(bit, at + 12);
  w.u16(WINDOW, at + 14);
  const isPartial = isFragment || w.quoted > 0;
  visitTransportChecksum(w, CHECKSUM, at + 16, at, isPartial ? w.end + 1 : w.end, PROTOCOL, w.isChecksumOpen);
  w.u16(URGENT, at + 18);
  if (header < MIN_HEADER_LENGTH) {
    w.problem(at + 12, "length", `the header is longer than the ${header} bytes it claims`);
  } else if (header > MIN_HEADER_LENGTH) visitTcpOptions(w, at + MIN_HEADER_LENGTH, at + header);
  w.need("the header", at, header);
  w.payload(TCP, at + header);
  w.close(at + header);
}
