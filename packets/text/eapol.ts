/** EAP over LAN (IEEE 802.1X), and with -v the EAP packet inside (RFC 3748). */
import { getU16, getU32 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import { type FlagNames, flagNames, hex, type Names } from "./names.ts";
import { printString } from "./strings.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("eap");
const HEADER_LENGTH = 4;
const TYPE_PACKET = 0;
const TYPES: Names = {
  [TYPE_PACKET]: "EAP packet",
  1: "EAPOL start",
  2: "EAPOL logoff",
  3: "EAPOL key",
  4: "Encapsulated ASF alert",
};

const Code = { Request: 1, Response: 2 } as const;
const CODES: Names = { [Code.Request]: "Request", [Code.Response]: "Response", 3: "Success", 4: "Failure" };

const Method = { Identity: 1, Notification: 2, Nak: 3, Tls: 13, Sim: 18, Ttls: 21, Aka: 23, Fast: 43 } as const;
const METHODS: Names = {
  0: "No proposed",
  [Method.Identity]: "Identity",
  [Method.Notification]: "Notification",
  [Method.Nak]: "Nak",
  4: "MD5-challenge",
  5: "OTP",
  6: "GTC",
  [Method.Tls]: "TLS",
  [Method.Sim]: "SIM",
  [Method.Ttls]: "TTLS",
  [Method.Aka]: "AKA",
  [Method.Fast]: "FAST",
  254: "Expanded types",
  255: "Experimental",
};
const TLS_LENGTH_INCLUDED = 0x80;
const TLS_FLAGS: FlagNames = [
  [TLS_LENGTH_INCLUDED, "L bit"],
  [0x40, "More fragments bit"],
  [0x20, "Start bit"],
];
const AKA_SUBTYPES: Names = {
  1: "Challenge",
  2: "Auth reject",
  4: "Sync failure",
  5: "Identity",
  10: "Start",
  11: "Challenge",
  12: "Notification",
  13: "Reauth",
  14: "Client error",
};

/** @returns false if the captured bytes end within. */
export function printEapol(d: Dissection, at: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (!d.has(at, HEADER_LENGTH)) return truncated(d);
  const type = buf[at + 1]!;
  const length = getU16(buf, at + 2);
  out.ascii(`${TYPES[type] ?? "unknown"} (${type}) v${buf[at]}, len ${length}`);
  if (d.verbose === 0 || type !== TYPE_PACKET) return true;
  if (length === 0) return truncated(d);
  out.ascii(", ");
  return printEap(d, at + HEADER_LENGTH, length);
}

function truncated(d: Dissection): true {
  d.truncated();
  return true;
}

function printEap(d: Dissection, at: number, declared: number): boolean {
  const { buf, out } = d;
  if (!d.has(at, HEADER_LENGTH)) return false;
  const code = buf[at]!;
  const length = getU16(buf, at + 2);
  if (length !== declared) {
    out.ascii("EAP fragment?");
    return true;
  }
  out.ascii(`${CODES[code] ?? "unknown"} (${code}), id ${buf[at + 1]}, len ${length}`);
  if (length < HEADER_LENGTH) return short(d, "EAP header");
  if (!d.has(at, length)) return truncated(d);
  if (code !== Code.Request && code !== Code.Response) return true;
  if (length < 5) return short(d, "EAP request/response");
  const method = buf[at + 4]!;
  out.ascii(`\n\t\t Type ${METHODS[method] ?? "unknown"} (${method})`);
  return printMethod(d, method, at, length);
}

/** What the data of a request or response says; `length` bytes with the header. */
function printMethod(d: Dissection, method: number, at: number, length: number): true {
  const { buf, out } = d;
  switch (method) {
    case Method.Identity:
      if (length === 5) return true;
      out.ascii(", Identity: ");
      printString(out, buf, at + 5, length - 5);
      return true;
    case Method.Notification:
      if (length < 6) return short(d, "EAP Notification request/response");
      out.ascii(", Notification: ");
      printString(out, buf, at + 5, length - 5);
      return true;
    case Method.Nak: {
      if (length < 6) return short(d, "EAP Legacy NAK request/response");
      const methods = Array.from(buf.subarray(at + 5, at + length), (one) => ` ${METHODS[one] ?? "unknown"} (${one})`);
      out.ascii(methods.join(","));
      return true;
    }
    case Method.Tls:
    case Method.Ttls:
      return printTls(d, at, length, method === Method.Ttls ? " TTLSv" : "", "EAP TLS/TTLS request/response");
    case Method.Fast:
      return printTls(d, at, length, " FASTv", "EAP FAST request/response");
    case Method.Sim:
    case Method.Aka: {
      if (length < 6) return short(d, "EAP SIM/AKA request/response");
      const subtype = buf[at + 5]!;
      out.ascii(` subtype [${AKA_SUBTYPES[subtype] ?? "unknown"}] 0x${hex(subtype, 2)}`);
      return true;
    }
  }
  return true;
}

function printTls(d: Dissection, at: number, length: number, version: string, what: string): true {
  if (length < 6) return short(d, what);
  const { buf, out } = d;
  const flags = buf[at + 5]!;
  if (version !== "") out.ascii(`${version}${flags & 7}`);
  out.ascii(` flags [${flagNames(TLS_FLAGS, flags)}] 0x${hex(flags, 2)}`);
  if ((flags & TLS_LENGTH_INCLUDED) === 0) return true;
  if (length < 10) return short(d, `${what} with length`);
  out.ascii(`, len ${getU32(buf, at + 6)}`);
  return true;
}

function short(d: Dissection, what: string): true {
  d.out.ascii(` (too short for ${what})`);
  return true;
}
