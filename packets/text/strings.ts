/** Strings of fixed fields, which a zero byte may end early. */
import { putVisible } from "./visible.ts";
import type { TextWriter } from "./writer.ts";

/** A string that ends with a zero byte, or after `length` bytes, all of which must be there. */
export function printString(out: TextWriter, buf: Uint8Array, off: number, length: number): void {
  for (let i = off; i < off + length && buf[i] !== 0; i++) putVisible(out, buf[i]!);
}
