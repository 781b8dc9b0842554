/** Multipath TCP's option (RFC 8684; version 0: RFC 6824). */
import { getU16, getU32 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import { literal, type TextWriter } from "./writer.ts";

const PROTOCOL = literal("mptcp");

const Subtype = {
  Capable: 0,
  Join: 1,
  DataSequence: 2,
  AddAddress: 3,
  RemoveAddress: 4,
  Priority: 5,
  Fail: 6,
  FastClose: 7,
} as const;
const NAMES = ["capable", "join", "dss", "add-addr", "rem-addr", "prio", "fail", "fast-close"];

const SYN = 0x02;
const ACK = 0x10;
const CHECKSUM_REQUIRED = 0x80;
const BACKUP = 0x01;
/** Flags of a data sequence signal: what follows, and how long it is. */
const Dss = { Ack: 0x01, LongAck: 0x02, Mapping: 0x04, LongSequence: 0x08, Fin: 0x10 } as const;
/** The lower half of the byte after the length, in an address: version 0 has the IP version there. */
const ADDRESS_KINDS: Readonly<Record<number, string>> = { 0: "v1", 1: "v1-echo", 4: "v0-ip4", 6: "v0-ip6" };

/** Printed, or of a length that its subtype does not have. */
type MptcpPrinted = "done" | "bad";

/** The option of `length` bytes at `at`, kind and length included: all are there. @param flags the segment's. */
export function printMptcp(d: Dissection, at: number, length: number, flags: number): MptcpPrinted {
  d.protocol = PROTOCOL;
  if (length < 3) return "bad";
  const { buf, out } = d;
  const subtype = buf[at + 2]! >> 4;
  out.ascii(` ${length} ${NAMES[subtype] ?? "unknown"}`);
  switch (subtype) {
    case Subtype.Capable:
      return printCapable(d, at, length, flags);
    case Subtype.Join:
      return printJoin(d, at, length, flags);
    case Subtype.DataSequence:
      return printDataSequence(d, at, length, flags);
    case Subtype.AddAddress:
      return printAddAddress(d, at, length);
    case Subtype.RemoveAddress:
      if (length < 4) return "bad";
      out.ascii(` id ${Array.from(buf.subarray(at + 3, at + length)).join(" ")}`);
      return "done";
    case Subtype.Priority:
      if (length !== 3 && length !== 4) return "bad";
      out.ascii((buf[at + 2]! & BACKUP) !== 0 ? " backup" : " non-backup");
      if (length === 4) out.ascii(` id ${buf[at + 3]}`);
      return "done";
    case Subtype.Fail:
      if (length !== 12) return "bad";
      out.ascii(` seq ${getU64(buf, at + 4)}`);
      return "done";
    case Subtype.FastClose:
      if (length !== 12) return "bad";
      out.ascii(" key ");
      printHex64(out, buf, at + 4);
      return "done";
    default:
      return "done";
  }
}

function printCapable({ buf, out }: Dissection, at: number, length: number, flags: number): MptcpPrinted {
  const isOpening = (length === 12 || length === 4) && (flags & SYN) !== 0;
  const isThird = (length === 20 || length === 22) && (flags & (SYN | ACK)) === ACK;
  if (!isOpening && !isThird) return "bad";
  const version = buf[at + 2]! & 15;
  if (version > 1) {
    out.ascii(` Unknown Version (${version})`);
    return "done";
  }
  out.ascii(` v${version}`);
  if ((buf[at + 3]! & CHECKSUM_REQUIRED) !== 0) out.ascii(" csum");
  if (length === 4) return "done";
  out.ascii(" {");
  printHex64(out, buf, at + 4);
  if (length >= 20) {
    out.ascii(",");
    printHex64(out, buf, at + 12);
  }
  out.ascii("}");
  return "done";
}

function printJoin({ buf, out }: Dissection, at: number, length: number, flags: number): MptcpPrinted {
  const isSyn = length === 12 && (flags & SYN) !== 0;
  const isSynAck = length === 16 && (flags & (SYN | ACK)) === (SYN | ACK);
  const isAck = length === 24 && (flags & ACK) !== 0;
  if (!isSyn && !isSynAck && !isAck) return "bad";
  if (isAck) {
    out.ascii(" hmac 0x");
    out.hexBytes(buf, at + 4, 20);
    return "done";
  }
  if ((buf[at + 2]! & BACKUP) !== 0) out.ascii(" backup");
  out.ascii(` id ${buf[at + 3]}`);
  if (isSyn) {
    out.ascii(` token 0x${getU32(buf, at + 4).toString(16)} nonce 0x${getU32(buf, at + 8).toString(16)}`);
    return "done";
  }
  out.ascii(" hmac ");
  printHex64(out, buf, at + 4);
  out.ascii(` nonce 0x${getU32(buf, at + 12).toString(16)}`);
  return "done";
}

function printDataSequence({ buf, out }: Dissection, at: number, length: number, segment: number): MptcpPrinted {
  if (length < 4 || (segment & SYN) !== 0) return "bad";
  const flags = buf[at + 3]!;
  if ((flags & Dss.Fin) !== 0) out.ascii(" fin");
  let i = at + 4;
  const stop = at + length;
  if ((flags & Dss.Ack) !== 0) {
    out.ascii(" ack ");
    const size = (flags & Dss.LongAck) !== 0 ? 8 : 4;
    if (stop - i < size) return "bad";
    printNumber(out, buf, i, size);
    i += size;
  }
  if ((flags & Dss.Mapping) !== 0) {
    out.ascii(" seq ");
    const size = (flags & Dss.LongSequence) !== 0 ? 8 : 4;
    if (stop - i < size) return "bad";
    printNumber(out, buf, i, size);
    i += size;
    if (stop - i < 4) return "bad";
    out.ascii(` subseq ${getU32(buf, i)}`);
    i += 4;
    if (stop - i < 2) return "bad";
    out.ascii(` len ${getU16(buf, i)}`);
    i += 2;
    if (stop - i >= 2) {
      out.ascii(` csum 0x${getU16(buf, i).toString(16)}`);
      i += 2;
    }
  }
  return i === stop ? "done" : "bad";
}

function printAddAddress({ buf, out }: Dissection, at: number, length: number): MptcpPrinted {
  // An address of 4 or 16 bytes; then a port of two, a code of eight to authenticate it, or both.
  const isIpv4 = length < 20;
  const rest = length - (isIpv4 ? 8 : 20);
  if (rest !== 0 && rest !== 2 && rest !== 8 && rest !== 10) return "bad";
  out.ascii(` ${ADDRESS_KINDS[buf[at + 2]! & 15] ?? "[bad version/echo]"} id ${buf[at + 3]} `);
  let i = at + 4;
  if (isIpv4) out.ipv4(buf, i);
  else out.ipv6(buf, i);
  i += isIpv4 ? 4 : 16;
  if (rest === 2 || rest === 10) {
    out.ascii(`:${getU16(buf, i)}`);
    i += 2;
  }
  if (rest >= 8) {
    out.ascii(" hmac ");
    printHex64(out, buf, i);
  }
  return "done";
}

function printNumber(out: TextWriter, buf: Uint8Array, at: number, size: number): void {
  if (size === 4) out.decimal(getU32(buf, at));
  else out.ascii(String(getU64(buf, at)));
}

function getU64(buf: Uint8Array, at: number): bigint {
  return (BigInt(getU32(buf, at)) << 32n) | BigInt(getU32(buf, at + 4));
}

/** 64 bits after `0x`, without leading zeros. */
function printHex64(out: TextWriter, buf: Uint8Array, at: number): void {
  out.ascii(`0x${getU64(buf, at).toString(16)}`);
}
