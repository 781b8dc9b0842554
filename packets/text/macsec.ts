/** MACsec (IEEE 802.1AE): the security tag, and the way to what is inside where that is not encrypted. */
import { getU32 } from "../bytes.ts";
import { DST, SRC } from "../ethernet.ts";
import type { Dissection } from "./dissection.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("macsec");
const TO = literal(" > ");
/** Bytes of the tag after the EtherType, without and with a secure channel's identifier. */
const TAG_LENGTH = 6;
const TAG_LENGTH_SCI = 14;
/** Bytes of the integrity check value at the frame's end. */
const ICV_LENGTH = 16;
const SHORT_LENGTH_MASK = 0x3f;

/** Bits of the tag control information; the lowest two are the association's number. */
const Tci = { Changed: 0x04, Encrypted: 0x08, SingleCopyBroadcast: 0x10, Sci: 0x20, EndStation: 0x40, Version: 0x80 };
const FLAGS = [
  [Tci.Encrypted, "E"],
  [Tci.Changed, "C"],
  [Tci.EndStation, "S"],
  [Tci.SingleCopyBroadcast, "B"],
  [Tci.Sci, "I"],
] as const;

/** What is left to print: a type and its payload, bytes that nobody can read, or nothing. */
export type MacsecPrinted = "type" | "encrypted" | "end";

/** The payload behind a tag, as {@link printMacsec} found it. */
export class MacsecPayload {
  /** Bytes of the tag. */
  header = 0;
  /** Bytes of payload on the wire, and of those the captured ones. */
  length = 0;
  captured = 0;
}

/** @param frame the Ethernet header's first byte. @param length bytes after the EtherType, `captured` of them there. */
export function printMacsec(
  d: Dissection,
  at: number,
  length: number,
  captured: number,
  frame: number,
  payload: MacsecPayload,
): MacsecPrinted {
  const before = d.protocol;
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (captured < TAG_LENGTH || length < TAG_LENGTH) return cut(d);
  const tci = buf[at]!;
  const header = (tci & Tci.Sci) === 0 ? TAG_LENGTH : TAG_LENGTH_SCI;
  if (captured < header || length < header) return cut(d);
  const short = buf[at + 1]!;
  if ((short & ~SHORT_LENGTH_MASK) !== 0 || (tci & Tci.Version) !== 0) {
    d.invalid();
    return "end";
  }
  if (d.linkHeader) printTag(d, at);
  payload.header = header;
  payload.length = length - header;
  payload.captured = captured - header;
  if ((tci & (Tci.Encrypted | Tci.Changed)) !== 0) {
    if (!d.linkHeader) {
      out.mac(buf, frame + SRC);
      out.put(TO);
      out.mac(buf, frame + DST);
      out.ascii(" 802.1AE MACsec, ");
      printTag(d, at);
    }
    d.protocol = before;
    return "encrypted";
  }
  if (payload.length < ICV_LENGTH || payload.captured < ICV_LENGTH) return cut(d);
  payload.length -= ICV_LENGTH;
  payload.captured -= ICV_LENGTH;
  d.end -= ICV_LENGTH;
  if (short !== 0) {
    if (short > payload.length || short > payload.captured) return cut(d);
    payload.length = short;
    payload.captured = short;
  }
  d.protocol = before;
  return "type";
}

function cut(d: Dissection): "end" {
  d.truncated();
  return "end";
}

function printTag(d: Dissection, at: number): void {
  const { buf, out } = d;
  const tci = buf[at]!;
  const flags = FLAGS.map(([bit, letter]) => ((tci & bit) !== 0 ? letter : "")).join("");
  out.ascii(`an ${tci & 3}, pn ${getU32(buf, at + 2)}, flags ${flags === "" ? "none" : flags}`);
  if (buf[at + 1] !== 0) out.ascii(`, sl ${buf[at + 1]}`);
  if ((tci & Tci.Sci) !== 0) {
    out.ascii(", sci ");
    out.hexBytes(buf, at + TAG_LENGTH, 8);
  }
  out.ascii(", ");
}
