/** Texts that several protocols' fields share. */
import { Verdict } from "./sink.ts";

/** A look-up that gives unknown values no name. */
export function named(names: Readonly<Record<number, string>>): (value: number) => string {
  return (value) => names[value] ?? "unknown";
}

/** The verdict of a checksum that covers `expected`'s bytes. */
export function verdictOf(value: number, expected: number): Verdict {
  return value === expected ? Verdict.Right : Verdict.Wrong;
}

/** Ports that this folder's protocols and common services use; others have no name. */
const PORTS: Readonly<Record<number, string>> = {
  7: "echo",
  20: "ftp-data",
  21: "ftp",
  22: "ssh",
  23: "telnet",
  25: "smtp",
  53: "dns",
  67: "dhcp server",
  68: "dhcp client",
  69: "tftp",
  80: "http",
  123: "ntp",
  161: "snmp",
  179: "bgp",
  443: "https",
  514: "syslog",
  520: "rip",
  4789: "vxlan",
  5353: "mdns",
};

/** A port's well-known use (IANA), or nothing. */
export function portName(port: number): string {
  return PORTS[port] ?? "";
}

const DSCP: Readonly<Record<number, string>> = { 0: "default", 44: "voice admit", 46: "expedited forwarding" };

/** A differentiated services code point's name (RFC 2474, 2597, 3246, 5865). */
export function dscpName(value: number): string {
  if (DSCP[value] !== undefined) return DSCP[value];
  if ((value & 7) === 0) return `class selector ${value >> 3}`;
  if (value >= 10 && value <= 38 && (value & 1) === 0 && (value & 6) !== 0) return `AF${value >> 3}${(value >> 1) & 3}`;
  return "";
}

/**
 * A time that IGMPv3 and MLDv2 write in few bits: from `2^bits` / 2 on, three bits of exponent and the rest of mantissa
 * (RFC 9776, 4.1.1 and 4.1.7; RFC 9777, 5.1.3 and 5.1.9). @param bits 8 or 16.
 */
export function floatingTime(code: number, bits: number): number {
  const half = 2 ** (bits - 1);
  if (code < half) return code;
  const exponent = (code >>> (bits - 4)) & 7;
  const mantissa = code & (2 ** (bits - 4) - 1);
  return (mantissa + 2 ** (bits - 4)) * 2 ** (exponent + 3);
}

/** Explicit congestion notification (RFC 3168, 5). */
export const ecnName = named({ 0: "not ECN-capable", 1: "ECT(1)", 2: "ECT(0)", 3: "congestion experienced" });
