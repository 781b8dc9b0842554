/** ARP on ATM (RFC 2225): the same questions, with numbers and subaddresses of varying length for hardware addresses. */
import { Operation } from "../arp.ts";
import { getU16 } from "../bytes.ts";
import { carriesIpv4, OPERATION_NAK, printHardware, printOperation, printProtocol } from "./arp.ts";
import type { Dissection } from "./dissection.ts";
import { dumpPayload } from "./hexdump.ts";
import { literal } from "./writer.ts";

const FIXED_LENGTH = 12;
/** The lower bits of a type/length byte; the upper ones tell E.164 from NSAP. */
const LENGTH_MASK = 0x3f;

const ARP = literal("ARP, ");
const SEPARATOR = literal(", ");
const LEN = literal(" (len ");
const LENGTH = literal(", length ");
const WHO_HAS = literal("who-has ");
const TELL = literal(" tell ");
const IS_AT = literal(" is-at ");
const WHO_IS = literal("who-is ");
const AT = literal("at ");
const FOR = literal("for ");
const OPEN = literal(" (");
const NO_ADDRESS = literal("<No address>");
const CLOSE = 0x29;
const SLASH = 0x2f;
const COMMA = 0x2c;

export function printAtmArp(d: Dissection, off: number, length: number, captured: number): boolean {
  const { buf, out } = d;
  if (!d.has(off, FIXED_LENGTH)) return false;
  const sourceNumber = buf[off + 4]! & LENGTH_MASK;
  const sourceSub = buf[off + 5]! & LENGTH_MASK;
  const oper = getU16(buf, off + 6);
  const sourceProtocol = buf[off + 8]!;
  const targetNumber = buf[off + 9]! & LENGTH_MASK;
  const targetSub = buf[off + 10]! & LENGTH_MASK;
  const targetProtocol = buf[off + 11]!;
  const sha = off + FIXED_LENGTH;
  const ssa = sha + sourceNumber;
  const spa = ssa + sourceSub;
  const tha = spa + sourceProtocol;
  const tsa = tha + targetNumber;
  const tpa = tsa + targetSub;
  if (!d.has(tpa, targetProtocol)) return false;

  const protocol = getU16(buf, off + 2);
  if (!d.linkHeader) out.put(ARP);
  if (!carriesIpv4(protocol) || sourceProtocol !== 4 || targetProtocol !== 4 || d.verbose > 0) {
    printHardware(d, getU16(buf, off));
    out.put(SEPARATOR);
    printProtocol(d, protocol);
    out.put(LEN);
    out.decimal(sourceProtocol);
    out.byte(SLASH);
    out.decimal(targetProtocol);
    out.byte(CLOSE);
    if (d.verbose === 0) {
      out.put(LENGTH);
      out.decimal(length);
      return true;
    }
    out.put(SEPARATOR);
  }

  printOperation(d, oper);
  switch (oper) {
    case Operation.Request:
      out.put(WHO_HAS);
      printIpv4(d, tpa, protocol, targetProtocol, "<wrong tplen>");
      if (targetNumber !== 0) {
        out.put(OPEN);
        printNumber(d, tha, targetNumber, tsa, targetSub);
        out.byte(CLOSE);
      }
      out.put(TELL);
      printIpv4(d, spa, protocol, sourceProtocol, "<wrong splen>");
      break;
    case Operation.Reply:
      printIpv4(d, spa, protocol, sourceProtocol, "<wrong splen>");
      out.put(IS_AT);
      printNumber(d, sha, sourceNumber, ssa, sourceSub);
      break;
    case Operation.InverseRequest:
      out.put(WHO_IS);
      printNumber(d, tha, targetNumber, tsa, targetSub);
      out.put(TELL);
      printNumber(d, sha, sourceNumber, ssa, sourceSub);
      break;
    case Operation.InverseReply:
      printNumber(d, sha, sourceNumber, ssa, sourceSub);
      out.put(AT);
      printIpv4(d, spa, protocol, sourceProtocol, "<wrong splen>");
      break;
    case OPERATION_NAK:
      out.put(FOR);
      printIpv4(d, spa, protocol, sourceProtocol, "<wrong splen>");
      break;
    default:
      return dumpPayload(d, off, captured);
  }
  out.put(LENGTH);
  out.decimal(length);
  return true;
}

function printIpv4(d: Dissection, off: number, protocol: number, length: number, wrong: string): void {
  if (!carriesIpv4(protocol)) d.out.ascii("<wrong proto type>");
  else if (length !== 4) d.out.ascii(wrong);
  else d.out.ipv4(d.buf, off);
}

function printNumber(d: Dissection, off: number, length: number, subOff: number, subLength: number): void {
  if (length === 0) {
    d.out.put(NO_ADDRESS);
    return;
  }
  d.out.colonHex(d.buf, off, length);
  if (subLength === 0) return;
  d.out.byte(COMMA);
  d.out.colonHex(d.buf, subOff, subLength);
}
