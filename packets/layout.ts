/**
 * The declared header: each protocol module states its fixed fields once, as a buffer-layout structure. From it come the
 * field table (for documentation, trees and tests) and the checked slow path (`decode`, `encode`) that builds and takes
 * apart plain objects. The hot path never comes here; it uses the accessors beside the declaration, and a property test
 * in every module's test file proves that the two agree.
 */
import { blob, type Layout, s32be, struct, u8, u16be, u32be } from "buffer-layout";

/** One field of a header: its RFC name, its first byte counted from the header's start, and its length in bytes. */
export interface Field {
  readonly name: string;
  readonly offset: number;
  readonly span: number;
}

/** A header's fixed part, declared: `T` maps field names to numbers, or to byte arrays for addresses. */
export interface HeaderLayout<T> {
  readonly name: string;
  /** Length of the fixed part in bytes. */
  readonly span: number;
  readonly fields: readonly Field[];
  /** @throws {RangeError} when fewer than `span` bytes follow `off`. */
  decode(buf: Uint8Array, off?: number): T;
  /**
   * Writes every field and returns the number of bytes written.
   * @throws {RangeError} when `buf` is too short or a value does not fit its field.
   */
  encode(value: T, buf: Uint8Array, off?: number): number;
}

/**
 * A field's kind: an unsigned big-endian integer of 1, 2 or 4 bytes; `ip`, an IPv4 address, read as the signed 32-bit
 * integer that addresses travel as, and written from signed and unsigned alike; or that many bytes as they are.
 */
export type FieldKind = "u8" | "u16" | "u32" | "ip" | { readonly bytes: number };

/** The plain object that a declaration describes. */
export type Decoded<F extends Record<string, FieldKind>> = {
  [K in keyof F]: F[K] extends string ? number : Uint8Array;
};

/** Declares a header: fields in wire order, without gaps. */
export function header<const F extends Record<string, FieldKind>>(name: string, fields: F): HeaderLayout<Decoded<F>> {
  const declared = struct(Object.entries(fields).map(([field, kind]) => fieldLayout(field, kind)));
  const table: Field[] = [];
  let offset = 0;
  for (const field of declared.fields) {
    table.push({ name: field.property ?? "", offset, span: field.span });
    offset += field.span;
  }
  const span = declared.span;
  return {
    name,
    span,
    fields: table,
    decode(buf, off = 0) {
      requireRoom(name, buf, off, span);
      const value = declared.decode(asBuffer(buf), off);
      // buffer-layout hands out views of the packet; a plain object that outlives its frame must own its bytes.
      for (const key in value) if (value[key] instanceof Uint8Array) value[key] = Uint8Array.from(value[key]);
      return value as Decoded<F>;
    },
    encode(value, buf, off = 0) {
      requireRoom(name, buf, off, span);
      for (const [field, kind] of Object.entries(fields)) requireFit(name, field, kind, value[field]);
      const bytes: Record<string, unknown> = {};
      for (const [field, kind] of Object.entries(fields)) {
        const v: unknown = value[field];
        bytes[field] = v instanceof Uint8Array ? asBuffer(v) : kind === "ip" ? Number(v) | 0 : v;
      }
      return declared.encode(bytes, asBuffer(buf), off);
    },
  };
}

function fieldLayout(name: string, kind: FieldKind): Layout {
  if (kind === "u8") return u8(name);
  if (kind === "u16") return u16be(name);
  if (kind === "u32") return u32be(name);
  if (kind === "ip") return s32be(name);
  return blob(kind.bytes, name);
}

const MIN = { u8: 0, u16: 0, u32: 0, ip: -0x80000000 } as const;
const MAX = { u8: 0xff, u16: 0xffff, u32: 0xffffffff, ip: 0xffffffff } as const;

function requireFit(header: string, field: string, kind: FieldKind, value: unknown): void {
  if (typeof kind === "object") {
    if (value instanceof Uint8Array && value.length === kind.bytes) return;
    throw new RangeError(`${header}.${field} takes ${kind.bytes} bytes`);
  }
  if (typeof value === "number" && Number.isInteger(value) && value >= MIN[kind] && value <= MAX[kind]) return;
  const range = `from ${MIN[kind]} to ${MAX[kind]}`;
  throw new RangeError(`${header}.${field} takes a whole number ${range}, not ${String(value)}`);
}

function requireRoom(header: string, buf: Uint8Array, off: number, span: number): void {
  if (off >= 0 && off + span <= buf.length) return;
  throw new RangeError(`${header} needs ${span} bytes at ${off}, and ${Math.max(0, buf.length - off)} are there`);
}

/** buffer-layout calls Buffer's methods; this wraps the same memory without a copy. */
function asBuffer(buf: Uint8Array): Uint8Array {
  return Buffer.isBuffer(buf) ? buf : Buffer.from(buf.buffer, buf.byteOffset, buf.byteLength);
}
