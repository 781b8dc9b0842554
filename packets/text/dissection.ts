/**
 * What the printers of one frame share: the bytes, where the captured ones end, the options, and the text so far. Each
 * printer returns true, or false when it met the end of the captured bytes; false goes straight up to the caller of all,
 * which then writes ` [|protocol]`, as tcpdump does, and the frame's line is done.
 */
import type { Conversations } from "./tcp-conversations.ts";
import { type Literal, literal, type TextWriter } from "./writer.ts";

/**
 * How the bytes of a frame are shown after its line: in hexadecimal, with their ASCII, or as text. One letter begins after
 * the link header, two begin with it.
 */
export type HexMode = "none" | "x" | "xx" | "X" | "XX" | "A" | "AA";

/** What stands before a line: `-t` nothing, `-tt` … `-ttttt` as with tcpdump, and the time of day if nothing is said. */
export type TimestampMode = "time" | "none" | "epoch" | "delta" | "date" | "elapsed";

/** tcpdump's options for its lines. Names are never looked up, as with its `-n`. */
export interface TextOptions {
  /** `-e`: print the Ethernet header. */
  readonly linkHeader?: boolean;
  /** `-v`, `-vv`, `-vvv`: 0 to 3. */
  readonly verbose?: number;
  /** `-x`, `-xx`, `-X`, `-XX`, `-A`, `-AA`. */
  readonly hex?: HexMode;
  readonly timestamp?: TimestampMode;
  /** `-#`: the frame's number before its line. */
  readonly number?: boolean;
  /** `--nano`: nine digits of a second, not six. */
  readonly nano?: boolean;
  /** `-q`: less about protocols. */
  readonly quiet?: boolean;
  /** `-S`: TCP's sequence numbers as they are on the wire. */
  readonly absoluteSequence?: boolean;
  /** False for `-K`: IPv4's, TCP's and UDP's checksums are not looked at. */
  readonly checksums?: boolean;
}

const OPEN = literal(" [|");
const INVALID = literal(" (invalid)");
const CLOSE = 0x5d;

export class Dissection {
  readonly out: TextWriter;
  readonly linkHeader: boolean;
  readonly verbose: number;
  readonly quiet: boolean;
  readonly absoluteSequence: boolean;
  readonly checksums: boolean;
  /** False if the bytes are shown anyway, so that unknown payload need not be dumped as well; or nobody wants them. */
  readonly dumpUnknown: boolean;
  readonly conversations: Conversations;
  buf: Uint8Array = new Uint8Array(0);
  /** The end of the captured bytes, or of the payload within them: nothing beyond belongs to this packet. */
  end = 0;
  /** The name for ` [|name]`. */
  protocol: Literal = literal("ether");
  /** Bytes before the network layer's, which -x and -X leave out; 0 if a printer met the end of the captured bytes. */
  headerLength = 0;
  /** The payload's length as the last IPv6 options header told it in a valid jumbo payload option, or 0. */
  jumboLength = 0;
  /** Levels of a packet quoted within a packet, so that a made-up chain of them ends. */
  depth = 0;

  constructor(out: TextWriter, options: TextOptions, conversations: Conversations) {
    this.out = out;
    this.linkHeader = options.linkHeader ?? false;
    this.verbose = options.verbose ?? 0;
    this.quiet = options.quiet ?? false;
    this.absoluteSequence = options.absoluteSequence ?? false;
    this.checksums = options.checksums ?? true;
    // tcpdump's -A does not count: unknown payload then appears twice.
    this.dumpUnknown = /^(none|A)/.test(options.hex ?? "none") && !this.quiet;
    this.conversations = conversations;
  }

  /** True if `length` bytes at `off` were captured and belong to the packet. */
  has(off: number, length: number): boolean {
    return off + length <= this.end;
  }

  /** Narrows the packet to `length` bytes from `off`, as a length field says. @returns the end before, to be restored. */
  narrow(off: number, length: number): number {
    const before = this.end;
    if (this.end - off > length) this.end = off + length;
    return before;
  }

  /** ` [|protocol]`: cut off. */
  truncated(): void {
    const { out } = this;
    out.put(OPEN);
    out.put(this.protocol);
    out.byte(CLOSE);
  }

  /** ` (invalid)` */
  invalid(): void {
    this.out.put(INVALID);
  }
}
