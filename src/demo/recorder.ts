/** Every frame of the demo: shown as it passes, with what it means, and kept for the capture that is saved at the end. */
import { FramePrinter } from "../../packets/text/index.ts";
import { CaptureDirection, type CaptureWriteError, createCapture, isWriteError } from "../capture/index.ts";
import { Direction, type FrameBatch, type Link } from "../link/link.ts";
import { Explainer } from "../tools/sniff/explain.ts";
import { VERSION } from "../version.ts";
import type { Narrator } from "./narrator.ts";
import type { ShownFrame } from "./result.ts";

/** One frame as an act looks at it. */
export interface WatchedFrame {
  /** What the frame is: `arp-request`, `arp-reply`, `echo-request`, `echo-reply`, … as the explainer names it. */
  readonly kind: string;
  /** Nanoseconds since the link's epoch. */
  readonly time: number;
}

/** The frames that passed one watched port. */
export interface Watching {
  readonly frames: readonly WatchedFrame[];
  /** Those of one kind. */
  of(kind: string): WatchedFrame[];
}

interface KeptFrame {
  readonly port: number;
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly epoch: number;
  readonly time: number;
  readonly direction: number;
  readonly comment: string;
}

interface WatchedPort {
  readonly name: string;
  readonly description: string;
  readonly mac: Uint8Array;
}

export class Recorder {
  readonly #narrator: Narrator;
  readonly #printer = new FramePrinter();
  readonly #ports: WatchedPort[] = [];
  readonly #kept: KeptFrame[] = [];
  readonly shown: ShownFrame[] = [];

  constructor(narrator: Narrator) {
    this.#narrator = narrator;
  }

  /** Frames so far, of all acts. */
  get frames(): number {
    return this.#kept.length;
  }

  /** Shows and keeps what passes a link. */
  watch(link: Link, act: number): Watching {
    const port = this.#ports.length;
    this.#ports.push({ name: link.name, description: `act ${act}`, mac: link.mac });
    const explainer = new Explainer({ firstNumber: this.frames + 1 });
    const frames: WatchedFrame[] = [];
    link.onFrames((batch) => {
      for (let i = 0; i < batch.count; i++) frames.push(this.#frame(link, port, explainer, batch, i));
    });
    return { frames, of: (kind) => frames.filter((frame) => frame.kind === kind) };
  }

  #frame(link: Link, port: number, explainer: Explainer, batch: FrameBatch, i: number): WatchedFrame {
    const offset = batch.offset[i]!;
    const length = batch.length[i]!;
    const originalLength = batch.originalLength[i]!;
    const time = batch.time[i]!;
    const number = this.frames + 1;
    const out = batch.direction[i] === Direction.Out;
    const { text: explanation, kind } = explainer.explain(batch.buffer, offset, length, originalLength, time, number);
    const text = this.#line(link, batch, i, number);
    this.#kept.push({
      port,
      bytes: batch.buffer.slice(offset, offset + length),
      originalLength,
      epoch: link.epoch,
      time,
      direction: out ? CaptureDirection.Out : CaptureDirection.In,
      comment: explanation,
    });
    this.shown.push({ number, interface: link.name, direction: out ? "out" : "in", text, explanation });
    this.#narrator.frame(number, link.name, out ? "->" : "<-", text, explanation);
    return { kind, time };
  }

  #line(link: Link, batch: FrameBatch, i: number, number: number): string {
    const { out } = this.#printer;
    const second = Math.floor(batch.time[i]! / 1e9);
    this.#printer.print(
      batch.buffer,
      batch.offset[i]!,
      batch.length[i]!,
      batch.originalLength[i]!,
      link.epoch + second,
      batch.time[i]! - second * 1e9,
      number,
    );
    const text = out.toString().trimEnd();
    out.clear();
    return text;
  }

  /** Writes the capture: an interface for each act, and every frame's explanation as its comment. */
  save(path: string): CaptureWriteError | null {
    const writer = createCapture(path, {
      format: "pcapng",
      application: `vethlab ${VERSION}`,
      comment: "The frames of `vethlab demo`; each carries its explanation as a comment.",
      interfaces: this.#ports.map(({ name, description, mac }) => ({ name, description, mac })),
    });
    if (isWriteError(writer)) return writer;
    for (const frame of this.#kept)
      writer.append(
        frame.bytes,
        0,
        frame.bytes.length,
        frame.originalLength,
        frame.epoch,
        frame.time,
        frame.port,
        frame.direction,
        0,
        { comments: [frame.comment] },
      );
    return writer.close();
  }
}
