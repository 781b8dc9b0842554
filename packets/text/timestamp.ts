/** The time before a line, in tcpdump's six forms; the part that changes once a second is kept as bytes. */
import type { TimestampMode } from "./dissection.ts";
import { Literal, literal, TextWriter } from "./writer.ts";

const SPACE = 0x20;
const MINUS = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const UNPRINTABLE = literal("[Error converting time]");
/** tcpdump prints no time from 2038-01-19 on: it keeps the sign bit of 32-bit systems in mind. */
const LIMIT = 0x80000000;

export class TimestampPrinter {
  private readonly mode: TimestampMode;
  private readonly nano: boolean;
  private cachedSecond = -1;
  private cached: Literal = literal("");
  private readonly scratch = new TextWriter(32);
  private referenceSet = false;
  private referenceSecond = 0;
  private referenceFraction = 0;

  constructor(mode: TimestampMode, nano: boolean) {
    this.mode = mode;
    this.nano = nano;
  }

  /**
   * Writes the time and a space after it.
   * @param second Unix time, whole seconds. @param nanosecond 0 to 999,999,999.
   */
  print(out: TextWriter, second: number, nanosecond: number): void {
    const fraction = this.nano ? nanosecond : Math.floor(nanosecond / 1000);
    switch (this.mode) {
      case "none":
        return;
      case "delta":
      case "elapsed":
        this.printDifference(out, second, fraction);
        break;
      default:
        if (second % 0x100000000 >= LIMIT) {
          out.put(UNPRINTABLE);
          break;
        }
        if (second !== this.cachedSecond) this.cache(second);
        out.put(this.cached);
        this.printFraction(out, fraction);
    }
    out.byte(SPACE);
  }

  private printFraction(out: TextWriter, fraction: number): void {
    out.byte(DOT);
    if (this.nano) out.decimalPadded(fraction, 9);
    else out.sixDigits(fraction);
  }

  private cache(second: number): void {
    const { scratch } = this;
    scratch.clear();
    if (this.mode === "epoch") {
      scratch.decimal(second);
    } else {
      const date = new Date(second * 1000);
      if (this.mode === "date") {
        scratch.decimalPadded(date.getFullYear(), 4);
        scratch.byte(MINUS);
        scratch.decimalPadded(date.getMonth() + 1, 2);
        scratch.byte(MINUS);
        scratch.decimalPadded(date.getDate(), 2);
        scratch.byte(SPACE);
      }
      clock(scratch, date.getHours(), date.getMinutes(), date.getSeconds());
    }
    this.cached = new Literal(scratch.toString());
    this.cachedSecond = second;
  }

  /** The time since the frame before (`delta`) or since the first (`elapsed`), with a minus if the clock went back. */
  private printDifference(out: TextWriter, second: number, fraction: number): void {
    // tcpdump knows no reference yet as long as it is zero: the same for captures that begin at time 0.
    if (!this.referenceSet) this.setReference(second, fraction);
    let seconds = second - this.referenceSecond;
    let parts = fraction - this.referenceFraction;
    const negative = seconds < 0 || (seconds === 0 && parts < 0);
    if (negative) {
      seconds = -seconds;
      parts = -parts;
    }
    if (parts < 0) {
      seconds -= 1;
      parts += this.nano ? 1e9 : 1e6;
    }
    out.byte(negative ? MINUS : SPACE);
    if (seconds % 0x100000000 >= LIMIT) {
      out.put(UNPRINTABLE);
    } else {
      clock(out, Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60);
      this.printFraction(out, parts);
    }
    if (this.mode === "delta") this.setReference(second, fraction);
  }

  private setReference(second: number, fraction: number): void {
    this.referenceSecond = second;
    this.referenceFraction = fraction;
    this.referenceSet = second !== 0 || fraction !== 0;
  }
}

function clock(out: TextWriter, hours: number, minutes: number, seconds: number): void {
  out.decimalPadded(hours, 2);
  out.byte(COLON);
  out.decimalPadded(minutes, 2);
  out.byte(COLON);
  out.decimalPadded(seconds, 2);
}
