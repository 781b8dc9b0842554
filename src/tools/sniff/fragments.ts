/** Fragments that belong together: which frames make up a datagram, and whether they fit. For IPv4 and IPv6. */
import type { Draft, Subject } from "./explanation.ts";
import { Memory } from "./memory.ts";
import { count, hashes } from "./words.ts";

interface Piece {
  readonly start: number;
  /** The byte after its last. */
  readonly end: number;
  readonly number: number;
}

interface Datagram {
  readonly pieces: Piece[];
  /** Its length in bytes once the last fragment came, else -1. */
  total: number;
  isWhole: boolean;
}

/** Fragments that are remembered of one datagram; 65,535 bytes make 45 of them on Ethernet. */
const MAX_PIECES = 64;
const MAX_BYTES = 65_535;

export class Fragments {
  private readonly datagrams: Memory<string, Datagram>;

  constructor(memory: number) {
    this.datagrams = new Memory(memory);
  }

  /**
   * Adds to the draft of a fragment which others belong to it.
   * @param key what makes it a fragment of this datagram: addresses, protocol, identification.
   * @param start its first byte within the datagram's payload. @param length its bytes. @param isLast no more follow.
   */
  note(subject: Subject, draft: Draft, key: string, start: number, length: number, isLast: boolean): void {
    const { number } = subject;
    const end = start + length;
    if (end > MAX_BYTES) {
      draft.find("bad-fragment", "It would reach beyond the 65,535 bytes that a datagram may have.");
      return;
    }
    if (!isLast && (length % 8 !== 0 || length === 0)) {
      draft.find(
        "bad-fragment",
        `It is not the last one, and yet has ${count(length, "byte")}: no multiple of 8 (RFC 791).`,
      );
      return;
    }
    const id = subject.segment + key;
    const known = this.datagrams.get(id);
    // Identifications are used again: after a whole datagram, a new one begins.
    const datagram = known === undefined || known.isWhole ? { pieces: [], total: -1, isWhole: false } : known;
    if (datagram !== known) this.datagrams.set(id, datagram);
    const rival = datagram.pieces.find((piece) => piece.start < end && start < piece.end);
    if (rival !== undefined) {
      if (rival.start === start && rival.end === end) draft.say(`It repeats #${rival.number}.`, rival.number);
      else draft.find("fragment-overlap", `It overlaps #${rival.number}: hosts discard them all.`, rival.number);
      return;
    }
    const others = datagram.pieces.map((piece) => piece.number);
    if (datagram.pieces.length < MAX_PIECES) datagram.pieces.push({ start, end, number });
    if (isLast) datagram.total = end;
    if (others.length === 0) return;
    const bytes = datagram.pieces.reduce((sum, piece) => sum + piece.end - piece.start, 0);
    datagram.isWhole = bytes === datagram.total;
    if (datagram.isWhole) {
      const all = hashes([...others, number]);
      draft.say(`With it the datagram is whole: ${all} make its ${count(bytes, "byte")}.`, ...others);
    } else draft.say(`It belongs with ${hashes(others)}.`, ...others);
  }
}
