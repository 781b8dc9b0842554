/** The interface before a line, as tcpdump's `-i any` shows it: `ve0   In  ` with where the frame went. */
import * as mac from "../../../packets/mac.ts";
import { type Literal, literal } from "../../../packets/text/index.ts";
import { Direction } from "../../link/link.ts";

/** Sent by this machine; received for it, for everybody, for a group, for somebody else. */
const WORDS = ["Out", "In", "B", "M", "P"] as const;
const NAME_WIDTH = 5;
const WORD_WIDTH = 3;

export class Origin {
  readonly #words: readonly Literal[];
  readonly #mac: Uint8Array;

  /** @param label the interface's name. @param own its MAC address; all zeros for a loopback. */
  constructor(label: string, own: Uint8Array) {
    this.#mac = own;
    this.#words = WORDS.map((word) => literal(`${label.padEnd(NAME_WIDTH)} ${word.padEnd(WORD_WIDTH)} `));
  }

  /** What stands before the line of the frame at `off`, `length` bytes of which were captured. */
  of(buf: Uint8Array, off: number, length: number, direction: number): Literal {
    return this.#words[this.#word(buf, off, length, direction)]!;
  }

  #word(buf: Uint8Array, off: number, length: number, direction: number): number {
    if (direction === Direction.Out) return 0;
    if (length < mac.LENGTH) return 1;
    if (mac.isBroadcast(buf, off)) return 2;
    if (mac.isMulticast(buf, off)) return 3;
    return mac.equal(buf, off, this.#mac, 0) ? 1 : 4;
  }
}
