/** The sniffer as a whole, over a link that shows one frame at a time: explanations and JSON. */
import type { Random } from "../../bench/random.ts";
import type { TextWriter } from "../../packets/text/index.ts";
import type { Sink } from "../../src/capture/index.ts";
import type { FrameBatch, FrameHandler, Link } from "../../src/link/link.ts";
import { type SniffOptions, sniff } from "../../src/tools/sniff/index.ts";
import type { FuzzFrame, Place } from "../frame.ts";
import type { LineBound, Target } from "../target.ts";

const EPOCH = 1_700_000_000;

/** What a sniffer uses of a link. */
class OneFrameLink implements Pick<Link, "name" | "mac" | "epoch" | "onFrames" | "onEvent" | "stats"> {
  readonly name = "ve0";
  readonly mac = Uint8Array.of(2, 0, 0, 0, 0, 2);
  readonly epoch = EPOCH;
  private handler: FrameHandler = () => {};
  private readonly batch = {
    count: 1,
    buffer: new Uint8Array(0) as Uint8Array,
    offset: new Int32Array(1),
    length: new Int32Array(1),
    originalLength: new Int32Array(1),
    direction: new Uint8Array(1),
    flags: new Uint8Array(1),
    time: new Float64Array(1),
  };

  onFrames(handler: FrameHandler): () => void {
    this.handler = handler;
    return () => {};
  }

  onEvent(): () => void {
    return () => {};
  }

  stats(): ReturnType<Link["stats"]> {
    const nothing = { rxBytes: 0, rxTruncated: 0, txFrames: 0, txBytes: 0, txErrors: 0, lastTxError: "" };
    return { rxFrames: 0, rxDropped: 0, ...nothing };
  }

  show({ buf, off, end }: Place, frame: FuzzFrame): void {
    const { batch } = this;
    batch.buffer = buf;
    batch.offset[0] = off;
    batch.length[0] = end - off;
    // A link's frames never say less than they hold.
    batch.originalLength[0] = Math.max(frame.originalLength, end - off);
    batch.direction[0] = frame.direction;
    batch.flags[0] = frame.flags;
    batch.time[0] = (frame.second - EPOCH) * 1e9 + frame.nanosecond;
    this.handler(batch satisfies FrameBatch);
  }
}

/** A sniffer with options that may be drawn anew for each run, each of whose pieces of output goes to the writer of the frame it belongs to. */
export function sniffing(name: string, options: (random: Random) => SniffOptions, line: LineBound): Target {
  return {
    name,
    line,
    start(random) {
      const link = new OneFrameLink();
      let target: TextWriter | null = null;
      const out: Sink = {
        live: true,
        write(bytes) {
          target?.raw(bytes);
          return null;
        },
        takeBack() {},
        close: () => null,
      };
      // Of a link it takes no more than there is.
      sniff(link as unknown as Link, options(random), { out, isTerminal: true });
      return (place, frame, _number, writer) => {
        target = writer;
        link.show(place, frame);
        target = null;
      };
    },
  };
}
