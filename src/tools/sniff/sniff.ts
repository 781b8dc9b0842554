/**
 * The sniffer: takes frames from an interface or a file, and prints them, explains them, counts them, or writes them to a
 * capture.
 *
 * @example
 * const sniffing = sniff(link, { count: 10, text: { linkHeader: true } }, { out: openSink("-") });
 * const result = await sniffing.done;
 * process.stderr.write(closingLines(result));
 */
import { ancillaryOf } from "../../../packets/bpf.ts";
import { TreePrinter } from "../../../packets/fields/index.ts";
import { FramePrinter, literal } from "../../../packets/text/index.ts";
import {
  CaptureDirection,
  CaptureReader,
  type FrameNote,
  type RecordBatch,
  RecordFlag,
  type SinkError,
} from "../../capture/index.ts";
import type { FrameBatch, Link, LinkEvent } from "../../link/link.ts";
import { copiedNote, copyEnd, copyInterfaces, statisticsOf } from "./copy.ts";
import { Explainer } from "./explain.ts";
import { JsonWriter } from "./json.ts";
import type {
  FrameFilter,
  SniffCounters,
  SniffIo,
  Sniffing,
  SniffOptions,
  SniffResult,
  SniffSource,
} from "./options.ts";
import { Origin } from "./origin.ts";
import { Output } from "./output.ts";
import { type Member, type SeveralBatch, SeveralLinks } from "./several.ts";
import { oneLine } from "./words.ts";

const EXPLANATION = literal("\t= ");
const COMMENT = literal("\t# ");
const NEWLINE = 0x0a;
const encoder = new TextEncoder();
const NANOSECONDS = 1e9;

/** Begins at once: on a link frames flow from now on, a file is read as fast as it goes. */
export function sniff(source: SniffSource, options: SniffOptions, io: SniffIo): Sniffing {
  const sniffer = new Sniffer(options, io, source);
  const done =
    source instanceof SeveralLinks
      ? sniffSeveral(sniffer, source)
      : source instanceof CaptureReader
        ? sniffFile(sniffer, source)
        : sniffLink(sniffer, source);
  return { done, stop: () => sniffer.stop(), counters: () => sniffer.counters() };
}

async function sniffLink(sniffer: Sniffer, link: Link): Promise<SniffResult> {
  const removers = [
    link.onFrames((batch) => sniffer.take(batch, link.epoch)),
    link.onEvent((event) => sniffer.event(event, link.name)),
  ];
  const result = await sniffer.ended;
  for (const remove of removers) remove();
  return result;
}

async function sniffSeveral(sniffer: Sniffer, links: SeveralLinks): Promise<SniffResult> {
  const gone = new Set<Member>();
  links.start(
    (batch) => sniffer.take(batch, links.epoch),
    (event, member) => {
      if (event.type === "gone") gone.add(member);
      sniffer.event(event, member.label, gone.size < links.members.length);
    },
  );
  const result = await sniffer.ended;
  links.stop();
  return result;
}

async function sniffFile(sniffer: Sniffer, reader: CaptureReader): Promise<SniffResult> {
  const name = sniffer.options.name ?? "the capture";
  // Standard input may keep silent: closing it is what ends the wait.
  void sniffer.ended.then(() => reader.close());
  for await (const batch of reader) {
    sniffer.take(batch, batch.epoch);
    if (sniffer.isEnded) break;
  }
  const { error } = reader;
  if (error === null) sniffer.end("end");
  else sniffer.end("failed", `${name}: ${error.message} (at byte ${error.offset})`);
  return sniffer.ended;
}

/** Frames of one interface, of several, or of a file. */
type AnyBatch = FrameBatch | SeveralBatch | RecordBatch;

class Sniffer {
  readonly options: SniffOptions;
  readonly ended: Promise<SniffResult>;
  isEnded = false;
  private readonly io: SniffIo;
  private readonly link: Link | null;
  private readonly several: SeveralLinks | null;
  private readonly reader: CaptureReader | null;
  /** For several interfaces, by their index. */
  private readonly origins: Origin[] = [];
  /** True if what the file says is written again. */
  private readonly copies: boolean;
  private readonly output: Output;
  private readonly printer: FramePrinter | null;
  private readonly tree: TreePrinter | null;
  private readonly explainer: Explainer | null;
  private readonly json: JsonWriter | null;
  private readonly limit: number;
  private readonly snapLength: number;
  /** The direction that is wanted, or -1 for any. */
  private readonly direction: number;
  private resolve: (result: SniffResult) => void = () => {};
  private captured = 0;
  private lastSecond = 0;
  private read = 0;
  private final: SniffCounters | null = null;

  constructor(options: SniffOptions, io: SniffIo, source: SniffSource) {
    this.options = options;
    this.io = io;
    this.several = source instanceof SeveralLinks ? source : null;
    this.reader = source instanceof CaptureReader ? source : null;
    this.link = source instanceof SeveralLinks || source instanceof CaptureReader ? null : source;
    this.copies = this.reader !== null && options.writer?.interfaces === 0;
    const isImmediate = io.isTerminal === true || options.lineBuffered === true;
    this.output = new Output(io.out, isImmediate, () => this.outputFailed());
    const format = options.format ?? "text";
    this.json = format === "json" ? new JsonWriter(this.output.text, options.text?.checksums) : null;
    const isNumbered = options.text?.number ?? (options.explain === true || options.tree !== undefined);
    this.printer =
      format === "text" ? new FramePrinter({ ...options.text, number: isNumbered }, this.output.text) : null;
    this.tree = options.tree === undefined ? null : new TreePrinter(this.output.text, options.tree);
    this.explainer = options.explain === true ? new Explainer() : null;
    this.limit = options.count ?? Number.POSITIVE_INFINITY;
    this.snapLength =
      this.reader === null ? (options.snapLength ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
    const { direction = "inout" } = options;
    this.direction = direction === "inout" ? -1 : direction === "in" ? CaptureDirection.In : CaptureDirection.Out;
    this.ended = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  /** One batch of frames. @param epoch Unix time that its times count from. */
  take(batch: AnyBatch, epoch: number): void {
    if (this.isEnded) return;
    const { filter, writer } = this.options;
    this.describe();
    for (let i = 0; i < batch.count; i++) {
      this.read++;
      if (this.direction >= 0 && batch.direction[i] !== this.direction) continue;
      if (filter !== undefined && !this.passes(filter, batch, i)) continue;
      this.captured++;
      this.show(batch, i, epoch);
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

  /** Tells the writer of the interfaces that have come since. */
  private describe(): void {
    const { several, options } = this;
    const { writer } = options;
    if (writer === undefined) return;
    if (this.copies && this.reader !== null) copyInterfaces(this.reader, writer);
    if (several === null) return;
    for (const { link, label } of several.members.slice(writer.interfaces)) {
      writer.addInterface({ name: label, mac: link.mac });
    }
  }

  private originOf(index: number): Origin {
    const found = this.origins[index];
    if (found !== undefined) return found;
    const { link, label } = this.several!.members[index]!;
    const origin = new Origin(label, link.mac);
    this.origins[index] = origin;
    return origin;
  }

  /** The name of an interface; empty if a file does not say. */
  private nameOf(index: number): string {
    if (this.several !== null) return this.several.members[index]!.label;
    return (this.link ?? this.reader?.interfaces[index])?.name ?? "";
  }

  private passes(filter: FrameFilter, batch: AnyBatch, i: number): boolean {
    const { buffer } = batch;
    const off = batch.offset[i]!;
    const length = batch.length[i]!;
    const link = filter.asksKernel === true ? this.linkOf(batch, i) : null;
    const outgoing = batch.direction[i] === CaptureDirection.Out;
    const ancillary = link === null ? null : ancillaryOf(buffer, off, length, outgoing, link.mac);
    return filter.matches(buffer, off, length, batch.originalLength[i]!, ancillary);
  }

  /** The link that a frame came from; null for a file. */
  private linkOf(batch: AnyBatch, i: number): Link | null {
    if (this.several === null || !("interfaceIndex" in batch)) return this.link;
    return this.several.members[batch.interfaceIndex[i]!]!.link;
  }

  private show(batch: AnyBatch, i: number, epoch: number): void {
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
    this.lastSecond = seconds;
    const number = this.captured;
    const index = "interfaceIndex" in batch ? batch.interfaceIndex[i]! : 0;
    const explanation =
      this.explainer?.explain(buffer, off, length, originalLength, time, number, flags, index) ?? null;
    const { text } = this.output;
    if (this.printer !== null) {
      if (this.several !== null) this.printer.origin = this.originOf(index).of(buffer, off, length, direction);
      this.printer.print(buffer, off, length, originalLength, seconds, nanoseconds, number);
      if (explanation !== null) {
        text.put(EXPLANATION);
        text.raw(encoder.encode(explanation.text));
        text.byte(NEWLINE);
        if ("hasNotes" in batch && batch.hasNotes(i)) this.showComments(batch, i, explanation.text);
      }
      if (this.tree !== null) {
        this.tree.print(buffer, off, length, originalLength, (flags & RecordFlag.ChecksumNotReady) !== 0);
        text.byte(NEWLINE);
      }
    } else if (this.json !== null) {
      const stamp = { number, seconds, nanoseconds, originalLength, interface: this.nameOf(index), direction, flags };
      this.json.write(buffer, off, length, stamp, explanation);
    }
    const { writer } = this.options;
    if (writer === undefined) return;
    let note: FrameNote | undefined;
    if (this.copies && "hasNotes" in batch) note = copiedNote(batch, i);
    if (explanation !== null) note = { ...note, comments: withComment(note?.comments ?? [], explanation.text) };
    const id = this.several !== null || this.copies ? index : 0;
    if (!writer.append(buffer, off, length, originalLength, seconds, nanoseconds, id, direction, flags, note)) {
      if (writer.error !== null) this.writerFailed();
      else this.end("count");
    }
  }

  /** What the file's author wrote to a frame; explanations that were saved as comments are not repeated. */
  private showComments(batch: RecordBatch, i: number, explanation: string): void {
    const { text } = this.output;
    for (const comment of batch.comments(i)) {
      if (comment === explanation) continue;
      text.put(COMMENT);
      text.raw(encoder.encode(oneLine(comment)));
      text.byte(NEWLINE);
    }
  }

  /** @param isOneOfMany others go on without it. */
  event(event: LinkEvent, name: string, isOneOfMany = false): void {
    const gone = `${name} is gone: it was deleted, or moved to another namespace`;
    switch (event.type) {
      case "down":
        this.io.note?.(`${name} is down; frames come again when it is up`);
        break;
      case "up":
        this.io.note?.(`${name} is up again`);
        break;
      case "gone":
        if (isOneOfMany) this.io.note?.(gone);
        else this.end("gone", gone);
        break;
      case "error":
        this.end("failed", `${name}: ${event.message}`);
        break;
    }
  }

  counters(): SniffCounters {
    if (this.final !== null) return this.final;
    const live = this.link ?? this.several;
    if (live === null) return { captured: this.captured, received: this.read, dropped: 0 };
    const { rxFrames, rxDropped } = live.stats();
    return { captured: this.captured, received: rxFrames + rxDropped, dropped: rxDropped };
  }

  /** Shows what has arrived already, then ends. */
  stop(): void {
    this.several?.stop();
    this.end("stop");
  }

  /** Writes what is left, and reports. Only the first call counts. */
  end(why: SniffResult["ended"], error: string | null = null): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.final = this.counters();
    this.output.close();
    if (why !== "closed" && why !== "failed") this.finishCapture();
    const failed = this.options.writer?.close() ?? null;
    const outputError = this.output.error;
    const final = { ...this.final, ended: why, error };
    if (outputError !== null && error === null) this.resolve({ ...final, ...ending(outputError, "the output") });
    else if (failed !== null && error === null) this.resolve({ ...final, ...ending(failed, "the capture") });
    else this.resolve(final);
  }

  /** What a capture says at its end: counters and names. */
  private finishCapture(): void {
    const { writer } = this.options;
    if (writer === undefined || writer.error !== null) return;
    this.describe();
    if (this.link !== null) writer.addStatistics(0, statisticsOf(this.link));
    this.several?.members.forEach(({ link }, i) => {
      writer.addStatistics(i, statisticsOf(link));
    });
    if (this.copies && this.reader !== null) copyEnd(this.reader, writer, this.lastSecond);
  }

  private outputFailed(): void {
    this.end("failed");
  }

  private writerFailed(): void {
    this.end("failed");
  }
}

function withComment(comments: readonly string[], text: string): readonly string[] {
  return comments.includes(text) ? comments : [...comments, text];
}

/** A reader that closed its pipe has seen enough: no failure. */
function ending(error: SinkError, what: string): Pick<SniffResult, "ended" | "error"> {
  if (error.kind === "closed") return { ended: "closed", error: null };
  const advice = error.kind === "full" ? "; make room, or write elsewhere" : "";
  return { ended: "failed", error: `cannot write ${what}: ${error.message}${advice}` };
}
