/** Any value as text, to compare what was made of two copies of a frame. */
import type { TextWriter } from "../packets/text/index.ts";

/** Writes a value: numbers (NaN and undefined as such), text, byte arrays, the values of plain objects, and
 * arrays of all these. */
export function writeValue(out: TextWriter, value: unknown): void {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) out.decimal(value);
  else if (value instanceof Uint8Array) out.hexBytes(value, 0, value.length);
  else if (Array.isArray(value)) {
    for (const item of value) {
      writeValue(out, item);
      out.byte(COMMA);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const key in value) {
      writeValue(out, (value as Record<string, unknown>)[key]);
      out.byte(COMMA);
    }
  } else out.ascii(String(value));
}

const COMMA = 0x2c;
