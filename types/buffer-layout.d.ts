/** The part of buffer-layout 1.2.2 that vethlab uses; the package ships no types of its own. */
declare module "buffer-layout" {
  /** What the layouts below call of Node's Buffer; `span` is a number of bytes. */
  export interface BufferMethods {
    readUIntLE(offset: number, span: number): number;
    readUIntBE(offset: number, span: number): number;
    readIntBE(offset: number, span: number): number;
    writeUIntLE(value: number, offset: number, span: number): void;
    writeUIntBE(value: number, offset: number, span: number): void;
    writeIntBE(value: number, offset: number, span: number): void;
  }
  export class Layout<T = unknown> {
    constructor(span: number, property?: string);
    readonly span: number;
    readonly property: string | undefined;
    decode(buffer: BufferMethods, offset?: number): T;
    encode(value: T, buffer: BufferMethods, offset?: number): number;
  }
  export class Structure<T = Record<string, unknown>> extends Layout<T> {
    readonly fields: readonly Layout[];
  }
  export function u8(property?: string): Layout<number>;
  export function u16be(property?: string): Layout<number>;
  export function u24be(property?: string): Layout<number>;
  export function u32be(property?: string): Layout<number>;
  export function u48be(property?: string): Layout<number>;
  export function s32be(property?: string): Layout<number>;
  export function blob(length: number, property?: string): Layout<Uint8Array>;
  export function struct<T = Record<string, unknown>>(fields: Layout[], property?: string): Structure<T>;
}
