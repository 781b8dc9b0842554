/** The two streams of bytes of a TCP connection: what was sent, acknowledged, sent again, and what is missing. */
import type { Subject } from "./explanation.ts";

/** A segment taken apart. */
export interface Segment {
  readonly from: string;
  readonly to: string;
  readonly flags: number;
  /** Signed 32-bit, as they stand there. */
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly window: number;
  /** Bytes of data. */
  readonly bytes: number;
}

/** A stretch of a stream that one frame carried; sequence numbers are signed 32-bit. */
interface Stretch {
  readonly start: number;
  /** The number after its last. */
  readonly end: number;
  readonly number: number;
  readonly time: number;
}

/** One direction of a connection. */
export interface Side {
  /** The sequence number after the last byte seen; meaningless unless `isKnown`. */
  next: number;
  isKnown: boolean;
  /** The newest stretches. */
  readonly sent: Stretch[];
  /** The first byte of the oldest gap, while there is one. */
  gap: number | null;
  /** The last acknowledgement that this side gave, the frame that gave it first, and how often it was repeated. */
  acknowledged: number;
  ackNumber: number;
  duplicates: number;
  window: number;
  /** The frame that ended it, or 0. */
  fin: number;
}

export interface Connection {
  readonly client: string;
  readonly server: string;
  readonly clientSide: Side;
  readonly serverSide: Side;
  /** The frames that asked for it and accepted it, or 0. */
  syn: number;
  accepted: number;
  /** The client's first sequence number. */
  initial: number;
  synTime: number;
  isOpen: boolean;
  isOver: boolean;
}

/** What is to say about what a segment carries. */
export interface Sending {
  readonly kind: "new" | "again" | "gap" | "fills" | "keep-alive" | "nothing";
  /** The frame that it repeats, or that came before its turn; 0 if that is not known. */
  readonly number: number;
  /** Bytes that are missing before it. */
  readonly missing: number;
  /** What is repeated was acknowledged already. */
  readonly isAcked: boolean;
}

/** What a segment acknowledges. */
export interface Acknowledging {
  /** The newest frame that is acknowledged whole by it, 0 if none is known, and when that was. */
  readonly number: number;
  readonly time: number;
  /** How often the same has been said since, without anything new; and the frame that said it first. */
  readonly duplicates: number;
  readonly first: number;
}

/** Stretches that are remembered of each direction. */
const STRETCHES = 32;

export function newConnection(client: string, server: string): Connection {
  const state = { syn: 0, accepted: 0, initial: 0, synTime: 0, isOpen: false, isOver: false };
  return { client, server, clientSide: newSide(), serverSide: newSide(), ...state };
}

function newSide(): Side {
  const acks = { acknowledged: 0, ackNumber: 0, duplicates: 0 };
  return { next: 0, isKnown: false, sent: [], gap: null, window: -1, fin: 0, ...acks };
}

/** True if sequence number `a` comes before `b` (RFC 9293, 3.4: modulo 2^32). */
export function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

export class Streams {
  /** A SYN takes one sequence number. */
  begin(subject: Subject, side: Side, sequence: number): void {
    side.next = (sequence + 1) | 0;
    side.isKnown = true;
    side.gap = null;
    side.sent.length = 0;
    side.sent.push({ start: sequence, end: side.next, number: subject.number, time: subject.time });
  }

  /** Takes in what a segment of `side` carries. */
  send(subject: Subject, side: Side, other: Side, segment: Segment, hasFin: boolean): Sending {
    const start = segment.sequence;
    const length = segment.bytes + (hasFin ? 1 : 0);
    const end = (start + length) | 0;
    const sending = (kind: Sending["kind"], number = 0, missing = 0): Sending => {
      if (length > 0) remember(side, { start, end, number: subject.number, time: subject.time });
      const isAcked = other.ackNumber > 0 && !isBefore(other.acknowledged, end);
      return { kind, number, missing, isAcked };
    };
    if (!side.isKnown) {
      side.isKnown = true;
      side.next = end;
      return sending("new");
    }
    const ahead = (start - side.next) | 0;
    if (ahead === -1 && segment.bytes <= 1 && !hasFin) return { ...NOTHING, kind: "keep-alive" };
    if (length === 0) return NOTHING;
    if (ahead > 0) {
      side.gap ??= side.next;
      side.next = end;
      return sending("gap", 0, ahead);
    }
    if (ahead === 0 || isBefore(side.next, end)) {
      side.next = end;
      return sending("new");
    }
    const same = side.sent.find((one) => !isBefore(start, one.start) && isBefore(start, one.end));
    if (same !== undefined) return sending("again", same.number);
    if (side.gap !== null && !isBefore(start, side.gap)) {
      const after = side.sent.find((one) => !isBefore(one.start, end));
      if (start === side.gap) side.gap = after === undefined || after.start === end ? null : end;
      return sending("fills", after?.number ?? 0);
    }
    return sending("again");
  }

  /** Takes in what `mine` acknowledges of `other`. */
  acknowledge(mine: Side, other: Side, segment: Segment, number: number): Acknowledging {
    const { acknowledgement } = segment;
    const isPure = segment.bytes === 0 && (segment.flags & 7) === 0;
    if (mine.ackNumber > 0 && acknowledgement === mine.acknowledged) {
      const waits = other.isKnown && isBefore(acknowledgement, other.next);
      const isRepeated = isPure && waits && segment.window === mine.window;
      if (isRepeated) mine.duplicates++;
      return { number: 0, time: 0, duplicates: isRepeated ? mine.duplicates : 0, first: mine.ackNumber };
    }
    mine.acknowledged = acknowledgement;
    mine.ackNumber = number;
    mine.duplicates = 0;
    let newest: Stretch | null = null;
    for (const one of other.sent) if (one.end === acknowledgement) newest = one;
    return { number: newest?.number ?? 0, time: newest?.time ?? 0, duplicates: 0, first: number };
  }
}

const NOTHING: Sending = { kind: "nothing", number: 0, missing: 0, isAcked: false };

function remember(side: Side, stretch: Stretch): void {
  if (side.sent.length === STRETCHES) side.sent.shift();
  side.sent.push(stretch);
}
