/** The options of an OPT record (RFC 6891, 6.1.2): `[COOKIE 0123456789abcdef,ECS 192.0.2.0/24/0]`. */
import { getU16, getU32 } from "../bytes.ts";
import { EDNS_OPTION_HEADER_LENGTH, EdnsOption } from "../dns-record.ts";
import type { Dissection } from "./dissection.ts";
import { ENDED, printName } from "./dns-name.ts";
import { DS_HASHES, EDNS_OPTIONS, NSEC3_HASHES, SIGNATURE_ALGORITHMS } from "./dns-words.ts";

const SPACE = 0x20;
const COMMA = 0x2c;
const SLASH = 0x2f;
/** A client cookie alone, or with a server's (RFC 7873, 4). */
const COOKIE_LENGTH = 8;
const MIN_BOTH_COOKIES = 16;
const MAX_BOTH_COOKIES = 40;

/** An address of which only the first bytes were sent. */
const padded = new Uint8Array(16);

/** Prints the options from `off` to `end`. @returns `end`, or {@link ENDED}. */
export function printEdnsOptions(d: Dissection, off: number, end: number): number {
  const { out } = d;
  out.ascii(" [");
  for (let at = off; at < end; ) {
    at = printOption(d, at);
    if (at < 0) return ENDED;
    if (at < end) out.byte(COMMA);
  }
  out.ascii("]");
  return end;
}

/** @returns the byte after the option, even if that lies beyond the record. */
function printOption(d: Dissection, at: number): number {
  const { buf, out } = d;
  if (!d.has(at, 2)) return ENDED;
  const code = getU16(buf, at);
  out.ascii(EDNS_OPTIONS[code] ?? `Opt${code}`);
  if (!d.has(at, EDNS_OPTION_HEADER_LENGTH)) return ENDED;
  const length = getU16(buf, at + 2);
  const data = at + EDNS_OPTION_HEADER_LENGTH;
  if (!d.has(data, length)) return ENDED;
  if (length > 0) {
    out.byte(SPACE);
    printData(d, code, data, length);
  }
  return data + length;
}

function printData(d: Dissection, code: number, at: number, length: number): void {
  const { buf, out } = d;
  switch (code) {
    case EdnsOption.ClientSubnet:
      printSubnet(d, at, length);
      break;
    case EdnsOption.Cookie:
      if (length !== COOKIE_LENGTH && (length < MIN_BOTH_COOKIES || length > MAX_BOTH_COOKIES)) {
        d.invalid();
        break;
      }
      out.hexBytes(buf, at, COOKIE_LENGTH);
      if (length === COOKIE_LENGTH) break;
      out.byte(SPACE);
      out.hexBytes(buf, at + COOKIE_LENGTH, length - COOKIE_LENGTH);
      break;
    case EdnsOption.TcpKeepalive:
      // In units of 100 ms.
      if (length === 2) out.ascii(`${(getU16(buf, at) / 10).toFixed(1)} sec`);
      else d.invalid();
      break;
    case EdnsOption.Expire:
      if (length === 4) out.ascii(`${getU32(buf, at)} sec`);
      else d.invalid();
      break;
    case EdnsOption.Padding:
      out.ascii(`(${length})`);
      break;
    case EdnsOption.KeyTag:
      if (length % 2 !== 0) {
        d.invalid();
        break;
      }
      for (let i = 0; i < length; i += 2) {
        if (i > 0) out.byte(SPACE);
        out.decimal(getU16(buf, at + i));
      }
      break;
    case EdnsOption.DnssecAlgorithms:
      printAlgorithms(d, at, length, SIGNATURE_ALGORITHMS);
      break;
    case EdnsOption.DsHashes:
      printAlgorithms(d, at, length, DS_HASHES);
      break;
    case EdnsOption.Nsec3Hashes:
      printAlgorithms(d, at, length, NSEC3_HASHES);
      break;
    case EdnsOption.Chain:
      // Pointers count from the option's end, which is tcpdump's way to make little of them; a bad name ends nothing.
      printName(d, at, at + length);
      break;
    default:
      out.hexBytes(buf, at, length);
  }
}

function printAlgorithms(d: Dissection, at: number, length: number, names: Readonly<Record<number, string>>): void {
  for (let i = at; i < at + length; i++) {
    if (i > at) d.out.byte(SPACE);
    const algorithm = d.buf[i]!;
    d.out.ascii(names[algorithm] ?? `Alg_${algorithm}`);
  }
}

/** RFC 7871, 6: address family, bits of the address that count, bits that the answer is for, and the address. */
function printSubnet(d: Dissection, at: number, length: number): void {
  const { buf, out } = d;
  if (length < 4) {
    d.invalid();
    return;
  }
  const family = getU16(buf, at);
  const bits = family === 1 ? 32 : 128;
  const source = buf[at + 2]!;
  const scope = buf[at + 3]!;
  const bytes = length - 4;
  if ((family !== 1 && family !== 2) || source > bits || scope > bits || (source + 7) >> 3 !== bytes) {
    d.invalid();
    return;
  }
  padded.fill(0);
  for (let i = 0; i < bytes; i++) padded[i] = buf[at + 4 + i]!;
  if (family === 1) out.ipv4(padded, 0);
  else out.ipv6(padded, 0);
  out.byte(SLASH);
  out.decimal(source);
  out.byte(SLASH);
  out.decimal(scope);
}
