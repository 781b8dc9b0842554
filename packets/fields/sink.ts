/** Who takes the fields of a frame, one after the other, in the order of the wire. */
import type { Container, FieldSpec } from "./spec.ts";

/** What is known of a checksum. */
export const Verdict = {
  /** Not all of what it covers was captured. */
  Unknown: 0,
  Right: 1,
  Wrong: 2,
  /** The sender left it to the hardware, which had not come to it yet. */
  NotReady: 3,
  /** The sender did without, as UDP over IPv4 may. */
  Absent: 4,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** Why a header could not be read to its end; the numbers of {@link file://../fault.ts}, and one more. */
export interface Problem {
  /** `truncated`, `length`, `version`, … or `limit`: more fields than anybody reads. */
  readonly kind: string;
  /** One line about it, without a full stop. */
  readonly text: string;
  /** Bytes counted from the header's first that are needed, and that are there; -1 where that says nothing. */
  readonly required: number;
  readonly available: number;
  /** What set the end: `captured length`, `IPv4 total length`, … */
  readonly limit: string;
}

/**
 * Offsets count from the buffer's first byte. Between `open` and `close` come the fields of a node; what lies within is
 * in bounds, whatever the frame says. A field that is computed and stands nowhere has length 0.
 */
export interface FieldSink {
  open(node: Container, isItem: boolean, off: number, title: string): void;
  /** @param end the byte after the node's last. */
  close(node: Container, isItem: boolean, end: number): void;
  /** Numbers, flags and sets. @param name the value's meaning where the field alone cannot say it; else empty. */
  number(field: FieldSpec, off: number, length: number, value: number, name: string): void;
  /** Addresses, text and bytes: to be read where they lie. */
  place(field: FieldSpec, off: number, length: number): void;
  made(field: FieldSpec, off: number, length: number, text: string): void;
  /** @param expected the right value if `verdict` is Wrong. */
  checksum(field: FieldSpec, off: number, value: number, verdict: Verdict, expected: number): void;
  /** At most once in a node that is an object in JSON; nothing but `close` follows it there. */
  problem(off: number, end: number, problem: Problem): void;
}
