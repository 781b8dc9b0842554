/**
 * Capture times. A file counts in ticks of its own (64-bit, any decimal or binary fraction of a second); vethlab counts
 * whole seconds since 1970 plus nanoseconds 0 to 999,999,999, which both fit in numbers exactly.
 */
import type { RecordBatch } from "./batch.ts";

/** How an interface's ticks become time. */
export interface TickClock {
  /** Fast cases apart from the general one. */
  readonly kind: "micro" | "nano" | "other";
  /** Ticks in a second. */
  readonly perSecond: bigint;
  /** Whole seconds to add (if_tsoffset). */
  readonly offset: number;
}

/** The clock that if_tsresol describes: 10 to the minus `value`, or 2 to the minus its low 7 bits if bit 7 is set. */
export function tickClock(resolution: number, offset: number): TickClock {
  const exponent = BigInt(resolution & 0x7f);
  const perSecond = (resolution & 0x80) === 0 ? 10n ** exponent : 2n ** exponent;
  const kind = resolution === 6 ? "micro" : resolution === 9 ? "nano" : "other";
  return { kind, perSecond, offset };
}

/** Ticks above this many times 2^32 exceed 2^53 and do not fit a number. */
const EXACT_HIGH = 0x200000;
const TWO_32 = 4_294_967_296;
const BILLION = 1_000_000_000;

/** Writes the time of `high` * 2^32 + `low` ticks (both unsigned) into the batch's next record. */
export function setTicks(batch: RecordBatch, clock: TickClock, high: number, low: number): void {
  if (clock.kind === "nano") {
    // 64-bit division by 10^9 in doubles: the quotient's estimate is off by one at most, and the remainder, known
    // modulo 2^32 from the low words alone, tells which way.
    let seconds = Math.floor(high * (TWO_32 / BILLION) + low / BILLION);
    let rest = (low - Math.imul(seconds, BILLION)) | 0;
    if (rest < 0) {
      seconds--;
      rest += BILLION;
    } else if (rest >= BILLION) {
      seconds++;
      rest -= BILLION;
    }
    batch.setTime(seconds + clock.offset, rest);
  } else if (clock.kind === "micro" && high < EXACT_HIGH) {
    const ticks = high * TWO_32 + low;
    const seconds = Math.floor(ticks / 1e6);
    batch.setTime(seconds + clock.offset, (ticks - seconds * 1e6) * 1000);
  } else {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    const seconds = ticks / clock.perSecond;
    const rest = ((ticks % clock.perSecond) * 1_000_000_000n) / clock.perSecond;
    batch.setTime(Number(seconds) + clock.offset, Number(rest));
  }
}

/** Upper and lower 32 bits of `seconds` * 10^9 + `nanoseconds`, exactly; times before 1970 become 1970. */
export function nanoTicks(seconds: number, nanoseconds: number, into: { high: number; low: number }): void {
  if (seconds < 0) {
    into.high = 0;
    into.low = 0;
    return;
  }
  const low = (Math.imul(seconds, BILLION) + nanoseconds) >>> 0;
  // The product is rounded, but by far less than 2^31: together with the exact low word the high one is certain.
  into.high = Math.round((seconds * BILLION + nanoseconds - low) / TWO_32);
  into.low = low;
}
