/** Bytes as tcpdump shows them with -x and -X, and for payload that it does not know: sixteen a line; with -A, as text. */
import type { Dissection } from "./dissection.ts";
import { type Literal, literal, type TextWriter } from "./writer.ts";

const PER_LINE = 16;
const INDENT = literal("\n\t0x");
const AFTER_OFFSET = literal(": ");
const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const DOT = 0x2e;

/** Width of the column of hexadecimal digits: a space before each two bytes. */
const COLUMN = (PER_LINE / 2) * 5;

/**
 * Lines such as `\t0x0010:  0a00 0002`, each with a line break before it.
 * @param ascii also the printable characters, at the right, as -X does.
 * @param indent what stands before `0x` on a line.
 */
export function hexDump(
  out: TextWriter,
  buf: Uint8Array,
  off: number,
  end: number,
  ascii: boolean,
  indent: Literal = INDENT,
): void {
  for (let at = off; at < end; at += PER_LINE) {
    const stop = Math.min(end, at + PER_LINE);
    out.put(indent);
    const offset = at - off;
    out.hexPadded(offset, offset > 0xffff ? 5 : 4);
    out.put(AFTER_OFFSET);
    for (let i = at; i < stop; i += 2) {
      out.byte(SPACE);
      out.hexBytes(buf, i, Math.min(2, stop - i));
    }
    if (!ascii) continue;
    const bytes = stop - at;
    out.repeat(SPACE, COLUMN - 2 * bytes - ((bytes + 1) >> 1) + 2);
    for (let i = at; i < stop; i++) out.byte(buf[i]! > SPACE && buf[i]! < 0x7f ? buf[i]! : DOT);
  }
}

/**
 * Bytes as text, after a line break: what is not printable is a dot. A CR is left out before an LF, as tcpdump does; it
 * leaves out the last CR of all and the one before the last byte as well.
 */
export function asciiDump(out: TextWriter, buf: Uint8Array, off: number, end: number): void {
  out.byte(NEWLINE);
  for (let at = off; at < end; at++) {
    const byte = buf[at]!;
    if (byte === RETURN) {
      if (at + 2 < end && buf[at + 1] !== NEWLINE) out.byte(DOT);
    } else {
      const isShown = (byte >= SPACE && byte < 0x7f) || byte === TAB || byte === NEWLINE;
      out.byte(isShown ? byte : DOT);
    }
  }
}

/**
 * Payload that nobody here knows, in hexadecimal and characters.
 * @returns false if fewer than `length` bytes were captured.
 */
export function dumpPayload(d: Dissection, off: number, length: number): boolean {
  const stop = Math.min(d.end, off + length);
  hexDump(d.out, d.buf, off, stop, true);
  return off + length <= d.end;
}

/** Unknown payload, unless the whole frame is dumped anyway. */
export function dumpUnknown(d: Dissection, off: number, length: number): boolean {
  return d.dumpUnknown ? dumpPayload(d, off, length) : true;
}
