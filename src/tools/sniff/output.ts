/**
 * Gathers text and hands it on: at once where somebody watches, else in large pieces, but none later than a tenth of a
 * second after it was printed.
 */
import { TextWriter } from "../../../packets/text/index.ts";
import type { Sink, SinkError } from "../../capture/index.ts";

/** Bytes that are handed on in any case. */
const FLUSH_AT = 1 << 16;
const LATEST_MS = 100;

export class Output {
  readonly text = new TextWriter(2 * FLUSH_AT);
  /** Why nothing can be written any more, or null. */
  error: SinkError | null = null;
  private readonly sink: Sink;
  private readonly isImmediate: boolean;
  private readonly onError: () => void;
  private timer: NodeJS.Timeout | null = null;

  /** @param isImmediate write at the end of every batch. @param onError called when a delayed write fails. */
  constructor(sink: Sink, isImmediate: boolean, onError: () => void) {
    this.sink = sink;
    this.isImmediate = isImmediate;
    this.onError = onError;
  }

  /** After a frame. @returns false if writing has failed. */
  frameDone(): boolean {
    if (this.text.length >= FLUSH_AT) this.flush();
    return this.error === null;
  }

  /** After a batch. @returns false if writing has failed. */
  batchDone(): boolean {
    if (this.isImmediate) this.flush();
    else if (this.text.length > 0 && this.timer === null) {
      this.timer = setTimeout(() => {
        this.timer = null;
        this.flush();
        if (this.error !== null) this.onError();
      }, LATEST_MS);
    }
    return this.error === null;
  }

  flush(): void {
    if (this.text.length > 0 && this.error === null) this.error = this.sink.write(this.text.bytes());
    this.text.clear();
  }

  /** Writes what is left; nothing may follow. */
  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.flush();
  }
}
