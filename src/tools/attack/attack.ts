/** What an attack is, and where it takes place. */
import type * as ipv4 from "../../../packets/ipv4-address.ts";
import type { Drop } from "../../stack/drop.ts";
import type { Turn } from "./source.ts";

/** Somebody on the network: addresses as signed 32-bit integers. */
export interface Station {
  readonly mac: Uint8Array;
  readonly ip: number;
}

/** Who is attacked, by whom, and in whose name. */
export interface Scene {
  readonly target: Station;
  /** The station that the frames come from, where none is forged. */
  readonly attacker: Station;
  /** An honest host on the target's network, in whose name some attacks speak. */
  readonly victim: Station;
  /** The network that they are all on. */
  readonly network: ipv4.Prefix;
  /** A router on that network, in whose name redirects come. */
  readonly gateway: number;
  /** A network behind the target, if that is a router. */
  readonly beyond: ipv4.Prefix;
  /** Largest payload of a frame in bytes. */
  readonly mtu: number;
}

export interface Attack {
  readonly name: string;
  /** What is sent, in a line. */
  readonly about: string;
  /** What a host does with it, in a line, and which document says so. */
  readonly defence: string;
  /** Whether it needs a router as its target. */
  readonly aims: "host" | "router";
  /** The reasons under which the target may count these frames as dropped. */
  readonly drops: readonly Drop[];
  /** What becomes of the frames that it does not drop; `nothing` if it drops them all. */
  readonly uses: "nothing" | "answers" | "fragments" | "forwards" | "several";
  turns(scene: Scene): Turn[];
}
