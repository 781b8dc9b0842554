/** Characters from the wire: printable ASCII as it is, everything else in two or three that are printable. */
import type { TextWriter } from "./writer.ts";

const CARET = 0x5e;
const DELETE = 0x7f;
const SPACE = 0x20;
const M = 0x4d;
const DASH = 0x2d;

/** One byte: `^J` for a control character, `M-` before one of 0x80 and above. */
export function printCharacter(out: TextWriter, byte: number): void {
  let code = byte;
  if (code >= 0x80) {
    code &= 0x7f;
    out.byte(M);
    out.byte(DASH);
  }
  if (code < SPACE || code === DELETE) {
    code ^= 0x40;
    out.byte(CARET);
  }
  out.byte(code);
}

/** Exactly `length` bytes, zeros too. */
export function printCharacters(out: TextWriter, buf: Uint8Array, off: number, length: number): void {
  for (let i = off; i < off + length; i++) printCharacter(out, buf[i]!);
}

/** A string that ends with a zero byte, or after `length` bytes. @returns false if there was no zero. */
export function printString(out: TextWriter, buf: Uint8Array, off: number, length: number): boolean {
  for (let i = off; i < off + length; i++) {
    if (buf[i] === 0) return true;
    printCharacter(out, buf[i]!);
  }
  return false;
}
