/**
 * Frames after a pattern: the bytes that stay are written once into each slot of the link, after that only what varies,
 * and the checksums over it.
 */
import { copyBytes, setU16 } from "../../../packets/bytes.ts";
import * as inet from "../../../packets/checksum.ts";
import { type Field, writeField, Xorshift } from "./fields.ts";
import type { FrameSource } from "./source.ts";

/** An Internet checksum over a part of the frame. */
export interface ChecksumPart {
  /** The checksum's own place. */
  readonly offset: number;
  /** The part that it covers, its own place included, from the first byte to the one after the last. */
  readonly from: number;
  readonly to: number;
}

export interface Template {
  readonly bytes: Uint8Array;
  readonly fields: readonly Field[];
  readonly checksums: readonly ChecksumPart[];
}

/** A checksum with its constant part summed up beforehand. */
interface Prepared {
  readonly offset: number;
  readonly sum: number;
  readonly varying: readonly { readonly from: number; readonly to: number }[];
}

/** Slots of a link begin at multiples of this many bytes. */
const SLOT_SHIFT = 6;
/** Up to so many bytes are copied faster one by one. */
const SHORT = 64;

export class TemplateSource implements FrameSource {
  readonly longest: number;
  readonly count = Number.POSITIVE_INFINITY;
  readonly #bytes: Uint8Array;
  readonly #fields: readonly Field[];
  readonly #checksums: readonly Prepared[];
  readonly #random: Xorshift;
  #filled = new Uint8Array(0);

  /** @param seed for the random fields. */
  constructor(template: Template, seed: number) {
    this.#bytes = template.bytes;
    this.#fields = template.fields;
    this.#random = new Xorshift(seed);
    this.longest = template.bytes.length;
    this.#checksums = template.checksums.map((part) => prepare(template, part));
  }

  length(): number {
    return this.#bytes.length;
  }

  write(n: number, buf: Uint8Array, off: number): void {
    this.#fill(buf, off);
    this.#vary(n, buf, off);
  }

  /** As {@link write}, into a slot where frames of other templates were. */
  writeWhole(n: number, buf: Uint8Array, off: number): void {
    if (this.#bytes.length > SHORT) buf.set(this.#bytes, off);
    else copyBytes(this.#bytes, 0, buf, off, this.#bytes.length);
    this.#vary(n, buf, off);
  }

  #vary(n: number, buf: Uint8Array, off: number): void {
    const fields = this.#fields;
    for (let i = 0; i < fields.length; i++) writeField(fields[i]!, n, this.#random, buf, off);
    const checksums = this.#checksums;
    for (let i = 0; i < checksums.length; i++) {
      const { offset, sum, varying } = checksums[i]!;
      let all = sum;
      for (let j = 0; j < varying.length; j++) all = inet.add(buf, off + varying[j]!.from, off + varying[j]!.to, all);
      setU16(buf, off + offset, ~inet.fold(all) & 0xffff);
    }
  }

  /** What a slot holds it keeps: the whole frame is written the first time only. */
  #fill(buf: Uint8Array, off: number): void {
    const slot = off >>> SLOT_SHIFT;
    if (this.#filled[slot] === 1) return;
    const slots = buf.length >>> SLOT_SHIFT;
    if (this.#filled.length < slots) this.#filled = new Uint8Array(slots);
    this.#filled[slot] = 1;
    copyBytes(this.#bytes, 0, buf, off, this.#bytes.length);
  }
}

function prepare(template: Template, { offset, from, to }: ChecksumPart): Prepared {
  const constant = Uint8Array.from(template.bytes);
  constant.fill(0, offset, offset + 2);
  // Whole words: a field of one byte is summed with its neighbour.
  const varying = template.fields
    .filter((field) => field.offset >= from && field.offset < to)
    .map((field) => {
      const start = field.offset - ((field.offset - from) & 1);
      const end = field.offset + field.width;
      return { from: start, to: Math.min(to, end + ((end - from) & 1)) };
    });
  for (const part of varying) constant.fill(0, part.from, part.to);
  return { offset, sum: inet.add(constant, from, to, 0), varying };
}
