/** Text out of a packet, so that no terminal takes it for a command: as tcpdump writes strings. */
import type { Dissection } from "./dissection.ts";
import { literal, type TextWriter } from "./writer.ts";

const META = literal("M-");
const CARET = 0x5e;

/** A byte as visible ASCII: the upper half as `M-` and the lower seven bits, control characters as `^@` to `^_` and `^?`. */
export function putVisible(out: TextWriter, byte: number): void {
  let code = byte;
  if (code >= 0x80) {
    code &= 0x7f;
    out.put(META);
  }
  if (code < 0x20 || code === 0x7f) {
    code ^= 0x40;
    out.byte(CARET);
  }
  out.byte(code);
}

/** `length` bytes at `at`, or those of them that are there. @returns false if they were not all there. */
export function printVisible(d: Dissection, at: number, length: number): boolean {
  const { buf, out } = d;
  const end = Math.min(at + length, d.end);
  for (let i = at; i < end; i++) putVisible(out, buf[i]!);
  return at + length <= d.end;
}
