/** The part of buffer-layout 1.2.2 that vethlab uses; the package ships no types of its own. */
declare module "buffer-layout" {
  export class Layout<T = unknown> {
    readonly span: number;
    readonly property: string | undefined;
    decode(bytes: Uint8Array, offset?: number): T;
    encode(value: T, bytes: Uint8Array, offset?: number): number;
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
