/** Frames as tcpdump's lines, assembled as bytes. */
export { formatAssembler, formatC, formatDecimal } from "./bpf.ts";
export type { HexMode, TextOptions, TimestampMode } from "./dissection.ts";
export { FramePrinter } from "./frame-printer.ts";
export { hexDump } from "./hexdump.ts";
export { TimestampPrinter } from "./timestamp.ts";
export { Literal, literal, TextWriter } from "./writer.ts";
