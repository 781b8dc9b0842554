import { MAX_OPTIONS_LENGTH } from "../../../packets/ipv4-route-options.ts";

/** Room for the options of one datagram, and a view of each length, made once. */
export class OptionBuffer {
  readonly bytes = new Uint8Array(MAX_OPTIONS_LENGTH);
  readonly #views = Array.from({ length: this.bytes.length / 4 + 1 }, (_, i) => this.bytes.subarray(0, 4 * i));

  /** The first `length` bytes, a multiple of 4. */
  view(length: number): Uint8Array {
    return this.#views[length >> 2]!;
  }
}
