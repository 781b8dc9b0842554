/**
 * The declared header: each protocol module states its fixed fields once, as a buffer-layout structure. From it come the
 * field table (for documentation, trees and tests) and the checked slow path (`decode`, `encode`) that builds and takes
 * apart plain objects. The hot path never comes here; it uses the accessors beside the declaration, and a property test
 * in every module's test file proves that the two agree.
 */
import { type BufferMethods, Layout, s32be, struct, u8, u16be, u32be } from "buffer-layout";
import { copyOf, getI32, getU16, getU32, setU16, setU32 } from "./bytes.ts";

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
      return declared.decode(new Memory(buf), off) as Decoded<F>;
    },
    encode(value, buf, off = 0) {
      requireRoom(name, buf, off, span);
      // All fields are checked before the first is written: a header is never left half done.
      const checked: Record<string, unknown> = {};
      for (const [field, kind] of Object.entries(fields)) checked[field] = fitted(name, field, kind, value[field]);
      return declared.encode(checked, new Memory(buf), off);
    },
  };
}

function fieldLayout(name: string, kind: FieldKind): Layout {
  if (kind === "u8") return u8(name);
  if (kind === "u16") return u16be(name);
  if (kind === "u32") return u32be(name);
  if (kind === "ip") return s32be(name);
  return new Bytes(kind.bytes, name);
}

const MIN = { u8: 0, u16: 0, u32: 0, ip: -0x80000000 } as const;
const MAX = { u8: 0xff, u16: 0xffff, u32: 0xffffffff, ip: 0xffffffff } as const;

/** The value as it is written, or a RangeError that says what the field takes. */
function fitted(header: string, field: string, kind: FieldKind, value: unknown): unknown {
  if (typeof kind === "object") {
    if (value instanceof Uint8Array && value.length === kind.bytes) return value;
    throw new RangeError(`${header}.${field} takes ${kind.bytes} bytes`);
  }
  if (typeof value === "number" && Number.isInteger(value) && value >= MIN[kind] && value <= MAX[kind])
    return kind === "ip" ? value | 0 : value;
  throw new RangeError(
    `${header}.${field} takes a whole number from ${MIN[kind]} to ${MAX[kind]}, not ${String(value)}`,
  );
}

/**
 * For fields of less than a byte, or of three: refuses all but a whole number from 0 to `max`.
 * @throws {RangeError} that names the field.
 */
export function requireBits(field: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw new RangeError(`${field} takes a whole number from 0 to ${max}, not ${value}`);
}

function requireRoom(header: string, buf: Uint8Array, off: number, span: number): void {
  if (off >= 0 && off + span <= buf.length) return;
  throw new RangeError(`${header} needs ${span} bytes at ${off}, and ${Math.max(0, buf.length - off)} are there`);
}

/**
 * The methods of Node's Buffer that buffer-layout calls for the kinds above, over anybody's memory and without a copy:
 * what keeps this library free of Node's own types, so that it runs in a browser too.
 */
class Memory implements BufferMethods {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Single bytes only: buffer-layout's u8 comes by this name. */
  readUIntLE(off: number): number {
    return this.bytes[off]!;
  }

  writeUIntLE(value: number, off: number): void {
    this.bytes[off] = value;
  }

  readUIntBE(off: number, span: number): number {
    return span === 2 ? getU16(this.bytes, off) : getU32(this.bytes, off);
  }

  writeUIntBE(value: number, off: number, span: number): void {
    if (span === 2) setU16(this.bytes, off, value);
    else setU32(this.bytes, off, value);
  }

  readIntBE(off: number): number {
    return getI32(this.bytes, off);
  }

  writeIntBE(value: number, off: number): void {
    setU32(this.bytes, off, value);
  }
}

/** Bytes as they are. buffer-layout's own blob hands out views of the packet; a plain object must own its bytes. */
class Bytes extends Layout<Uint8Array> {
  override decode(memory: Memory, offset = 0): Uint8Array {
    return copyOf(memory.bytes, offset, offset + this.span);
  }

  override encode(value: Uint8Array, memory: Memory, offset = 0): number {
    memory.bytes.set(value, offset);
    return this.span;
  }
}
