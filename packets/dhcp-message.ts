/** A whole DHCP message as a plain object, and back: for tools and tests. */
import { copyOf, setU32 } from "./bytes.ts";
import * as dhcp from "./dhcp-header.ts";
import { Option, OptionCursor, OptionField } from "./dhcp-options.ts";
import { Fault } from "./fault.ts";
import { type Decoded, requireBits } from "./layout.ts";

/** An option as a plain object; neither Pad nor End. */
export interface DhcpOption {
  code: number;
  /** 0 to 255 bytes. */
  data: Uint8Array;
}

/**
 * A message as a plain object: addresses as signed 32-bit integers, `chaddr`, `sname` and `file` with all of their bytes.
 */
export type DhcpMessage = Decoded<{
  op: "u8";
  htype: "u8";
  hlen: "u8";
  hops: "u8";
  xid: "u32";
  secs: "u16";
  flags: "u16";
  ciaddr: "ip";
  yiaddr: "ip";
  siaddr: "ip";
  giaddr: "ip";
  chaddr: { bytes: 16 };
  sname: { bytes: 64 };
  file: { bytes: 128 };
}> & { options: DhcpOption[] };

/**
 * Takes a message apart, or says with a fault why it cannot be: Version without the magic cookie (BOOTP, then), Truncated,
 * Length. Options from overloaded fields come after the others: those fields are then all zeros, and the option Overload
 * itself is left out.
 */
export function parse(buf: Uint8Array, off = 0, end = buf.length): DhcpMessage | Fault {
  const fault = dhcp.check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const cursor = new OptionCursor();
  if (cursor.start(buf, off, end) !== Fault.None) return cursor.fault;
  const message: DhcpMessage = { ...dhcp.layout.decode(buf, off), options: [] };
  const { options } = message;
  let overload = 0;
  while (cursor.next()) {
    const { code, data, dataEnd } = cursor;
    if (code !== Option.Overload) options.push({ code, data: copyOf(buf, data, dataEnd) });
    else if (cursor.field === OptionField.Options && dataEnd > data) overload = buf[data]!;
  }
  if (cursor.fault !== Fault.None) return cursor.fault;
  if ((overload & 1) !== 0) message.file.fill(0);
  if ((overload & 2) !== 0) message.sname.fill(0);
  return message;
}

/**
 * The bytes of a message with the magic cookie and an End, filled up with Pads to the 300 bytes that relays may ask for
 * (RFC 1542, 2.1).
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build(message: DhcpMessage): Uint8Array {
  const { options, ...fixed } = message;
  const length = options.reduce((sum, { data }) => sum + 2 + data.length, dhcp.OPTIONS + 1);
  const buf = new Uint8Array(Math.max(length, dhcp.MIN_LENGTH));
  dhcp.layout.encode(fixed, buf);
  setU32(buf, dhcp.VEND, dhcp.MAGIC_COOKIE);
  let at: number = dhcp.OPTIONS;
  for (const { code, data } of options) {
    requireBits("option.code", code, 254);
    if (code === Option.Pad) throw new RangeError("Pad is no option to list: the message is filled up anyway");
    requireBits("bytes of an option", data.length, 255);
    buf[at] = code;
    buf[at + 1] = data.length;
    buf.set(data, at + 2);
    at += 2 + data.length;
  }
  buf[at] = Option.End;
  return buf;
}

/** Data of the option of a code, in one piece if it came in several (RFC 3396, 7), or undefined if there is none. */
export function findOption(message: DhcpMessage, code: number): Uint8Array | undefined {
  const pieces = message.options.filter((option) => option.code === code);
  return pieces.length === 0 ? undefined : Uint8Array.from(pieces.flatMap(({ data }) => [...data]));
}
