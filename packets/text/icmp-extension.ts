/** What follows the quoted packet of an ICMP error: multi-part messages (RFC 4884), such as MPLS labels (RFC 4950). */
import { getU16, getU32 } from "../bytes.ts";
import * as inet from "../checksum.ts";
import { DATA, QUOTED_LENGTH, Type } from "../icmp.ts";
import type { Dissection } from "./dissection.ts";
import { hexDump } from "./hexdump.ts";
import { literal } from "./writer.ts";

/** Bytes from the message's beginning to the extension: the quoted packet takes 128. */
const EXTENSION = DATA + 128;
const VERSION = 2;
const HEADER_LENGTH = 4;
const OBJECT_HEADER_LENGTH = 4;
const CLASS_MPLS = 1;
const CLASSES: Readonly<Record<number, string>> = { 1: "MPLS Stack Entry", 2: "Interface Identification" };
const INDENT = literal("\n\t    0x");

/** True for the types that may have extensions. */
function isExtensible(type: number): boolean {
  return type === Type.DestinationUnreachable || type === Type.TimeExceeded || type === Type.ParameterProblem;
}

/** The extension of the message at `at`, if there is one. */
export function printIcmpExtension(d: Dissection, at: number, length: number, type: number): boolean {
  if (!isExtensible(type) || length <= EXTENSION) return true;
  const { buf, out } = d;
  const start = at + EXTENSION;
  if (!d.has(start, HEADER_LENGTH + 1)) {
    d.truncated();
    return true;
  }
  let left = length - EXTENSION;
  // Old senders leave the length 0: a right checksum then tells an extension from the rest of the quoted packet.
  if (buf[at + QUOTED_LENGTH] === 0 && d.has(start, left) && inet.checksum(buf, start, start + left) !== 0) return true;
  const version = buf[start]! >> 4;
  out.ascii(`\n\tICMP Multi-Part extension v${version}`);
  if (version !== VERSION) {
    out.ascii(" packet not supported");
    return true;
  }
  if (d.has(start, left)) {
    const sum = getU16(buf, start + 2)
      .toString(16)
      .padStart(4, "0");
    const wrong = inet.checksum(buf, start, start + left) === 0 ? "" : "in";
    out.ascii(`, checksum 0x${sum} (${wrong}correct), length ${left}`);
  }
  left -= HEADER_LENGTH;
  let object = start + HEADER_LENGTH;
  while (left > OBJECT_HEADER_LENGTH) {
    if (!d.has(object, OBJECT_HEADER_LENGTH)) {
      d.truncated();
      return true;
    }
    const objectLength = getU16(buf, object);
    const objectClass = buf[object + 2]!;
    const kind = buf[object + 3]!;
    const name = CLASSES[objectClass] ?? "unknown";
    out.ascii(`\n\t  ${name} Object (${objectClass}), Class-Type: ${kind}, length ${objectLength}`);
    object += OBJECT_HEADER_LENGTH;
    left -= OBJECT_HEADER_LENGTH;
    if (objectClass === 0 || objectLength < OBJECT_HEADER_LENGTH) return true;
    const data = objectLength - OBJECT_HEADER_LENGTH;
    if (objectClass === CLASS_MPLS && kind === 1) {
      if (!d.has(object, 4)) return false;
      printLabel(d, getU32(buf, object));
    } else if (object <= d.end) {
      hexDump(out, buf, object, Math.min(object + data, d.end), false, INDENT);
    }
    if (left < data) break;
    left -= data;
    object += data;
  }
  return true;
}

function printLabel(d: Dissection, entry: number): void {
  d.out.ascii(`\n\t    label ${Math.floor(entry / 4096)}, tc ${(entry >>> 9) & 7}`);
  if ((entry & 0x100) !== 0) d.out.ascii(", [S]");
  d.out.ascii(`, ttl ${entry & 0xff}`);
}
