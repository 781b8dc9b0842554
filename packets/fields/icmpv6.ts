/** The fields of ICMPv6 (RFC 4443): errors, echo, and the way to neighbour discovery and listener discovery. */
import { visitListener } from "./icmpv6-mld.ts";
import { visitNeighbour } from "./icmpv6-ndp.ts";
import { ICMPV6 } from "./icmpv6-spec.ts";
import { visitTransportChecksum } from "./transport-checksum.ts";
import type { Walker } from "./walker.ts";

const TYPES: Readonly<Record<number, string>> = {
  1: "destination unreachable",
  2: "packet too big",
  3: "time exceeded",
  4: "parameter problem",
  128: "echo request",
  129: "echo reply",
  130: "multicast listener query",
  131: "multicast listener report",
  132: "multicast listener done",
  133: "router solicitation",
  134: "router advertisement",
  135: "neighbour solicitation",
  136: "neighbour advertisement",
  137: "redirect",
  138: "router renumbering",
  139: "node information query",
  140: "node information response",
  141: "inverse neighbour solicitation",
  142: "inverse neighbour advertisement",
  143: "multicast listener report, version 2",
  144: "home agent discovery request",
  145: "home agent discovery reply",
  146: "mobile prefix solicitation",
  147: "mobile prefix advertisement",
  151: "multicast router advertisement",
  152: "multicast router solicitation",
  153: "multicast router termination",
  155: "RPL control",
  157: "duplicate address request",
  158: "duplicate address confirmation",
  160: "extended echo request",
  161: "extended echo reply",
};
function typeName(type: number): string {
  return TYPES[type] ?? `type-${type}`;
}

const CODES: Readonly<Record<number, readonly string[]>> = {
  1: [
    "no route to destination",
    "administratively prohibited",
    "beyond scope of source address",
    "address unreachable",
    "port unreachable",
    "source address failed policy",
    "route rejected",
    "source routing header error",
  ],
  3: ["hop limit exceeded in transit", "fragment reassembly time exceeded"],
  4: ["erroneous header field", "unrecognized next header", "unrecognized option"],
};

const TYPE = ICMPV6.number("type", "Type", 1, { names: typeName, nameKey: "typeName" });
const CODE = ICMPV6.number("code", "Code", 1, { nameKey: "codeName", note: "errors have a name for it" });
const CHECKSUM = ICMPV6.checksum("checksum", "Checksum", { source: "RFC 4443, 2.3" });
const ID = ICMPV6.number("id", "Identifier", 2, { source: "RFC 4443, 4.1" });
const SEQUENCE = ICMPV6.number("sequence", "Sequence number", 2, { source: "RFC 4443, 4.1" });
const MTU = ICMPV6.number("mtu", "MTU", 4, { source: "RFC 4443, 3.2", unit: "bytes" });
const POINTER = ICMPV6.number("pointer", "Pointer", 4, { source: "RFC 4443, 3.4" });
const UNUSED = ICMPV6.unused("Unused");
const QUOTED = ICMPV6.layers("quoted", "The packet that caused it", "RFC 4443, 2.4");

const PROTOCOL = 58;
const HEADER = 8;

export function visitIcmpv6(w: Walker, at: number, isFragment: boolean): void {
  w.open(ICMPV6, at);
  const type = w.u8(TYPE, at);
  const code = w.left(at) > 1 ? w.buf[at + 1]! : 0;
  w.u8Named(CODE, at + 1, type in CODES ? (CODES[type]?.[code] ?? `code-${code}`) : "");
  const isPartial = isFragment || w.quoted > 0;
  visitTransportChecksum(w, CHECKSUM, at + 2, at, isPartial ? w.end + 1 : w.end, PROTOCOL, false);
  visitBody(w, type, at);
  w.close(w.end);
}

function visitBody(w: Walker, type: number, at: number): void {
  if (type === 128 || type === 129) {
    w.u16(ID, at + 4);
    w.u16(SEQUENCE, at + 6);
    w.payload(ICMPV6, at + HEADER);
  } else if (type < 128) {
    if (type === 2) w.u32(MTU, at + 4);
    else if (type === 4) w.u32(POINTER, at + 4);
    else w.place(UNUSED, at + 4, 4);
    w.payload(ICMPV6, at + HEADER);
    if (type >= 1 && type <= 4 && !w.failed && w.left(at) > HEADER) visitQuoted(w, at + HEADER);
  } else if (type >= 133 && type <= 137) visitNeighbour(w, type, at);
  else if ((type >= 130 && type <= 132) || type === 143) visitListener(w, type, at);
  else {
    w.need("the header", at, 4);
    w.payload(ICMPV6, at + 4);
  }
}

function visitQuoted(w: Walker, at: number): void {
  w.open(QUOTED, at);
  w.quoted++;
  w.nesting++;
  w.dispatch.etherType(w, 0x86dd, at);
  w.nesting--;
  w.quoted--;
  w.close(w.end);
}
