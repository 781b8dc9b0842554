/** Ethernet's loopback protocol (Configuration Testing Protocol, DEC, Intel and Xerox 1982): its numbers are little endian. */
import type { Dissection } from "./dissection.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("loopback");
const REPLY = 1;
const FORWARD = 2;

/** `length` bytes. @returns false if the captured bytes end within. */
export function printLoopback(d: Dissection, at: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  out.ascii("Loopback");
  if (length < 2) return invalid(d, at, length);
  if (!d.has(at, 2)) return false;
  const skip = buf[at]! | (buf[at + 1]! << 8);
  out.ascii(`, skipCount ${skip}`);
  if (skip % 8 !== 0) out.ascii(" (bogus)");
  const left = length - 2;
  if (skip > left) return invalid(d, at + 2, left);
  if (!d.has(at + 2, skip)) return false;
  return printMessage(d, at + 2 + skip, left - skip);
}

/** The first message after those that were passed already. */
function printMessage(d: Dissection, at: number, length: number): boolean {
  const { buf, out } = d;
  if (length < 2) return invalid(d, at, length);
  if (!d.has(at, 2)) return false;
  const code = buf[at]! | (buf[at + 1]! << 8);
  const data = at + 2;
  const left = length - 2;
  switch (code) {
    case REPLY:
      out.ascii(", Reply");
      if (left < 2) return invalid(d, data, left);
      if (!d.has(data, 2)) return false;
      out.ascii(`, receipt number ${buf[data]! | (buf[data + 1]! << 8)}, data (${left - 2} octets)`);
      break;
    case FORWARD:
      out.ascii(", Forward Data");
      if (left < 6) return invalid(d, data, left);
      if (!d.has(data, 6)) return false;
      out.ascii(", forwarding address ");
      out.mac(buf, data);
      out.ascii(`, data (${left - 6} octets)`);
      break;
    default:
      out.ascii(`,  invalid (${code})`);
  }
  return d.has(data, left);
}

function invalid(d: Dissection, at: number, length: number): boolean {
  d.invalid();
  return d.has(at, length);
}
