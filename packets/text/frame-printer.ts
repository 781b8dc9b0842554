/** A frame's line, or lines, as tcpdump 4.99 prints them. */
import { Dissection, type HexMode, type TextOptions } from "./dissection.ts";
import { printEthernet } from "./ethernet.ts";
import { asciiDump, hexDump } from "./hexdump.ts";
import { Conversations } from "./tcp-conversations.ts";
import { TimestampPrinter } from "./timestamp.ts";
import { type Literal, TextWriter } from "./writer.ts";

const NEWLINE = 0x0a;
const SPACE = 0x20;
/** Longer frames than libpcap's largest snapshot are taken for a damaged header. */
const MAX_LENGTH = 262_144;

/**
 * Prints Ethernet frames into a buffer that the caller hands on and clears.
 *
 * @example
 * const printer = new FramePrinter({ linkHeader: true });
 * printer.print(buf, off, captured, length, seconds, nanoseconds, 1);
 * process.stdout.write(printer.out.bytes());
 * printer.out.clear();
 */
export class FramePrinter {
  readonly out: TextWriter;
  /** Stands after the time, such as the interface that a frame came from; nothing unless set. */
  origin: Literal | null = null;
  private readonly d: Dissection;
  private readonly timestamp: TimestampPrinter;
  private readonly hex: HexMode;
  private readonly isNumbered: boolean;

  constructor(options: TextOptions = {}, out = new TextWriter()) {
    this.out = out;
    this.d = new Dissection(out, options, new Conversations());
    this.timestamp = new TimestampPrinter(options.timestamp ?? "time", options.nano ?? false);
    this.hex = options.hex ?? "none";
    this.isNumbered = options.number ?? false;
  }

  /**
   * Adds the lines of one frame to `out`.
   * @param off the Ethernet header's first byte in `buf`. @param captured bytes there are.
   * @param length bytes that the frame had on the wire. @param second Unix time, whole seconds.
   * @param nanosecond 0 to 999,999,999. @param number counted from 1, printed with the option `number`.
   */
  print(
    buf: Uint8Array,
    off: number,
    captured: number,
    length: number,
    second: number,
    nanosecond: number,
    number = 0,
  ): void {
    const { out, d } = this;
    if (this.isNumbered) {
      out.decimalPadded(number, 5, SPACE);
      out.repeat(SPACE, 2);
    }
    if (captured === 0 || length < captured || length > MAX_LENGTH) {
      this.printInvalid(captured, length);
      return;
    }
    this.timestamp.print(out, second, nanosecond);
    if (this.origin !== null) out.put(this.origin);
    d.buf = buf;
    d.end = off + captured;
    d.depth = 0;
    if (!printEthernet(d, off, captured, length)) d.truncated();
    if (this.hex !== "none") this.printBytes(buf, off, captured);
    out.byte(NEWLINE);
  }

  private printBytes(buf: Uint8Array, off: number, captured: number): void {
    const from = this.hex.length > 1 ? off : off + this.d.headerLength;
    const end = off + captured;
    if (from >= end) return;
    if (this.hex === "A" || this.hex === "AA") asciiDump(this.out, buf, from, end);
    else hexDump(this.out, buf, from, end, this.hex === "X" || this.hex === "XX");
  }

  /** A header of the capture that cannot be. */
  private printInvalid(captured: number, length: number): void {
    const faults: string[] = [];
    if (captured === 0) faults.push(" caplen==0");
    if (length === 0) faults.push(" len==0");
    else if (length < captured) faults.push(` len(${length}) < caplen(${captured})`);
    if (captured > MAX_LENGTH) faults.push(` caplen(${captured}) > ${MAX_LENGTH}`);
    if (length > MAX_LENGTH) faults.push(` len(${length}) > ${MAX_LENGTH}`);
    this.out.ascii(`[Invalid header:${faults.join(",")}]\n`);
  }
}
