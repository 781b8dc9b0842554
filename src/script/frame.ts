/** A frame as a script writes it: its layers, outermost first, with the fields that the script names. */
import type { LayerKind } from "./layers.ts";
import type { Pattern } from "./value.ts";

export interface Field {
  readonly pattern: Pattern;
  /** Of its value in the script's line, counted from 1. */
  readonly column: number;
}

/** Of what is quoted in an ICMP error. */
export interface Quote {
  /** A variable that holds a frame; `sent` and `seen` are the last one injected, and the last one expected. */
  readonly name: string;
  /** Bytes of it; null for the header and 8 bytes where they are built, and at least these where they are expected. */
  readonly bytes: number | null;
}

export interface Layer {
  readonly kind: LayerKind;
  readonly column: number;
  readonly fields: Map<string, Field>;
  /** Of a `data` layer. */
  readonly data?: Pattern;
  /** Of a `quoting` layer. */
  readonly quote?: Quote;
}

/** What follows the layers, which no header counts. */
export interface Trailer {
  readonly pad?: Uint8Array;
  /** Zeros up to this length of the whole frame. */
  readonly padTo?: number;
  /** The frame ends here, whatever its headers say. */
  readonly cutTo?: number;
}

export type FrameSpec =
  | { readonly kind: "layers"; readonly layers: readonly Layer[]; readonly trailer: Trailer }
  | { readonly kind: "raw"; readonly bytes: Uint8Array }
  /** A frame that a variable holds. */
  | { readonly kind: "copy"; readonly name: string }
  /** The bytes `from` to `to` of the payload of the datagram in a variable, with header fields changed. */
  | {
      readonly kind: "fragment";
      readonly name: string;
      readonly from: number;
      /** Null: to its end, and then without "more fragments". */
      readonly to: number | null;
      readonly fields: Map<string, Field>;
    };
