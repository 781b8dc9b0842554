/**
 * The sniffer: takes frames from an interface or a file, and prints them, explains them, counts them, or writes them to a
 * capture.
 *
 * @example
 * const sniffing = sniff(link, { count: 10, text: { linkHeader: true } }, { out: openSink("-") });
 * const result = await sniffing.done;
 * process.stderr.write(closingLines(result));
 */
import { FramePrinter, literal } from "../../../packets/text/index.ts";
import { CaptureDirection, type CaptureReader, type RecordBatch, type SinkError } from "../../capture/index.ts";
import type { FrameBatch, Link, LinkEvent } from "../../link/link.ts";
import { Explainer } from "./explain.ts";
import { writeJson } from "./json.ts";
import type { SniffCounters, SniffIo, Sniffing, SniffOptions, SniffResult, SniffSource } from "./options.ts";
import { Output } from "./output.ts";

const EXPLANATION = literal("\t= ");
const NEWLINE = 0x0a;
const encoder = new TextEncoder();
const NANOSECONDS = 1e9;

/** Begins at once: on a link frames flow from now on, a file is read as fast as it goes. */
export function sniff(source: SniffSource, options: SniffOptions, io: SniffIo): Sniffing {
  const sniffer = new Sniffer(options, io, "onFrames" in source ? source : null);
  const done = "onFrames" in source ? sniffLink(sniffer, source) : sniffFile(sniffer, source);
  return { done, stop: () => sniffer.end("stop"), counters: () => sniffer.counters() };
}

async function sniffLink(sniffer: Sniffer, link: Link): Promise<SniffResult> {
  const removers = [
    link.onFrames((batch) => sniffer.take(batch, link.epoch, link.name)),
    link.onEvent((event) => sniffer.event(event, link)),
  ];
  const result = await sniffer.ended;
  for (const remove of removers) remove();
  return result;
}

async function sniffFile(sniffer: Sniffer, reader: CaptureReader): Promise<SniffResult> {
  const name = sniffer.options.name ?? "the capture";
  // Standard input may keep silent: closing it is what ends the wait.
  void sniffer.ended.then(() => reader.close());
  for await (const batch of reader) {
    sniffer.take(batch, batch.epoch, name, reader);
    if (sniffer.isEnded) break;
  }
  const { error } = reader;
  if (error === null) sniffer.end("end");
  else sniffer.end("failed", `${name}: ${error.message} (at byte ${error.offset})`);
  return sniffer.ended;
}

class Sniffer {
  readonly options: SniffOptions;
  readonly ended: Promise<SniffResult>;
  isEnded = false;
  private readonly io: SniffIo;
  private readonly link: Link | null;
  private readonly output: Output;
  private readonly printer: FramePrinter | null;
  private readonly explainer: Explainer | null;
  private readonly isJson: boolean;
  private readonly limit: number;
  private readonly snapLength: number;
  /** The direction that is wanted, or -1 for any. */
  private readonly direction: number;
  private resolve: (result: SniffResult) => void = () => {};
  private captured = 0;
  private read = 0;
  private final: SniffCounters | null = null;

  constructor(options: SniffOptions, io: SniffIo, link: Link | null) {
    this.options = options;
    this.io = io;
    this.link = link;
    const isImmediate = io.isTerminal === true || options.lineBuffered === true;
    this.output = new Output(io.out, isImmediate, () => this.outputFailed());
    const format = options.format ?? "text";
    this.isJson = format === "json";
    const isNumbered = options.text?.number ?? options.explain ?? false;
    this.printer =
      format === "text" ? new FramePrinter({ ...options.text, number: isNumbered }, this.output.text) : null;
    this.explainer = options.explain === true ? new Explainer() : null;
    this.limit = options.count ?? Number.POSITIVE_INFINITY;
    this.snapLength = options.snapLength ?? Number.POSITIVE_INFINITY;
    const { direction = "inout" } = options;
    this.direction = direction === "inout" ? -1 : direction === "in" ? CaptureDirection.In : CaptureDirection.Out;
    this.ended = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  /** One batch of frames. @param epoch Unix time that its times count from. @param reader the file, if it is one. */
  take(batch: FrameBatch | RecordBatch, epoch: number, name: string, reader: CaptureReader | null = null): void {
    if (this.isEnded) return;
    const { filter, writer } = this.options;
    for (let i = 0; i < batch.count; i++) {
      this.read++;
      if (this.direction >= 0 && batch.direction[i] !== this.direction) continue;
      const length = batch.length[i]!;
      if (filter !== undefined && !filter.matches(batch.buffer, batch.offset[i]!, length, batch.originalLength[i]!)) {
        continue;
      }
      this.captured++;
      this.show(batch, i, epoch, reader === null ? name : interfaceName(reader, batch as RecordBatch, i));
      if (!this.output.frameDone()) {
        this.outputFailed();
        return;
      }
      if (this.isEnded) return;
      if (this.captured >= this.limit) {
        this.end("count");
        return;
      }
    }
    if (this.options.packetBuffered === true) writer?.flush();
    if (writer?.error != null) this.writerFailed();
    if (!this.output.batchDone()) this.outputFailed();
  }

  private show(batch: FrameBatch | RecordBatch, i: number, epoch: number, name: string): void {
    const { buffer } = batch;
    const off = batch.offset[i]!;
    const length = Math.min(batch.length[i]!, this.snapLength);
    const originalLength = batch.originalLength[i]!;
    const direction = batch.direction[i]!;
    const flags = batch.flags[i]!;
    const time = batch.time[i]!;
    let seconds = epoch + Math.floor(time / NANOSECONDS);
    let nanoseconds = time - (seconds - epoch) * NANOSECONDS;
    if ("seconds" in batch) {
      // A file's frames may lie years apart, and a double does not hold the nanoseconds of that.
      seconds = batch.seconds[i]!;
      nanoseconds = batch.nanoseconds[i]!;
    }
    const number = this.captured;
    const explanation = this.explainer?.explain(buffer, off, length, originalLength, time, number, flags) ?? null;
    const { text } = this.output;
    if (this.printer !== null) {
      this.printer.print(buffer, off, length, originalLength, seconds, nanoseconds, number);
      if (explanation !== null) {
        text.put(EXPLANATION);
        text.raw(encoder.encode(explanation.text));
        text.byte(NEWLINE);
      }
    } else if (this.isJson) {
      const stamp = { number, seconds, nanoseconds, originalLength, interface: name, direction, flags };
      writeJson(text, buffer, off, length, stamp, explanation);
    }
    const { writer } = this.options;
    if (writer === undefined) return;
    const note = explanation === null ? undefined : { comments: [explanation.text] };
    if (!writer.append(buffer, off, length, originalLength, epoch, time, 0, direction, flags, note))
      this.writerFailed();
  }

  event(event: LinkEvent, link: Link): void {
    switch (event.type) {
      case "down":
        this.io.note?.(`${link.name} is down; frames come again when it is up`);
        break;
      case "up":
        this.io.note?.(`${link.name} is up again`);
        break;
      case "gone":
        this.end("gone", `${link.name} is gone: it was deleted, or moved to another namespace`);
        break;
      case "error":
        this.end("failed", `${link.name}: ${event.message}`);
        break;
    }
  }

  counters(): SniffCounters {
    if (this.final !== null) return this.final;
    if (this.link === null) return { captured: this.captured, received: this.read, dropped: 0 };
    const { rxFrames, rxDropped } = this.link.stats();
    return { captured: this.captured, received: rxFrames + rxDropped, dropped: rxDropped };
  }

  /** Writes what is left, and reports. Only the first call counts. */
  end(why: SniffResult["ended"], error: string | null = null): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.final = this.counters();
    this.output.close();
    const failed = this.options.writer?.close() ?? null;
    const outputError = this.output.error;
    const final = { ...this.final, ended: why, error };
    if (outputError !== null && error === null) this.resolve({ ...final, ...ending(outputError, "the output") });
    else if (failed !== null && error === null) this.resolve({ ...final, ...ending(failed, "the capture") });
    else this.resolve(final);
  }

  private outputFailed(): void {
    this.end("failed");
  }

  private writerFailed(): void {
    this.end("failed");
  }
}

/** A reader that closed its pipe has seen enough: no failure. */
function ending(error: SinkError, what: string): Pick<SniffResult, "ended" | "error"> {
  if (error.kind === "closed") return { ended: "closed", error: null };
  const advice = error.kind === "full" ? "; make room, or write elsewhere" : "";
  return { ended: "failed", error: `cannot write ${what}: ${error.message}${advice}` };
}

/** The name of the interface that a record came from; empty if the file does not say. */
function interfaceName(reader: CaptureReader, batch: RecordBatch, i: number): string {
  return reader.interfaces[batch.interfaceIndex[i]!]?.name ?? "";
}
