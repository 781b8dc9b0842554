/** How much memory strangers can make a host take: a sum of its limits, whatever they send. */
import * as ipv4 from "../../../packets/ipv4.ts";
import { REASSEMBLY_DEFAULTS, type ReassemblyOptions } from "../../stack/ipv4/reassembly.ts";
import { NEIGHBOUR_DEFAULTS, type NeighbourOptions } from "../../stack/neighbour/neighbour-options.ts";

/** One of the places where something can be left. */
export interface Share {
  readonly what: string;
  /** Bytes at most. */
  readonly bytes: number;
}

export interface BoundOptions {
  readonly neighbours?: Partial<NeighbourOptions>;
  /** Null if the host puts no fragments together. */
  readonly reassembly?: Partial<ReassemblyOptions> | null;
  /** Largest payload of a frame in bytes; 1,500 unless given. */
  readonly mtu?: number;
}

/** Columns of the neighbour table, its index included; and a timer of Node's with its closure, for an entry that has one. */
const ENTRY = 84;
const TIMER = 320;
/** Columns of a slot of the reassembly. */
const FRAGMENT = 81;
/** A datagram that is being built, and one that has been put together. */
const SCRATCH = ipv4.MAX_LENGTH - ipv4.MIN_HEADER_LENGTH;
const WHOLE = ipv4.MAX_LENGTH + 64;
/** Both tables are bounded in the stack; an entry is an object or some, in a map or two. */
const PATHS = 1024;
const PATH = 160;
const REDIRECTS = 1024;
const REDIRECT = 700;
/** Token buckets by address, for errors and for redirects sent: two numbers each. */
const BUCKETS = 2 * 1024 * 16;

/** What one interface can be made to hold, place by place. */
export function memoryBound(options: BoundOptions = {}): Share[] {
  const { mtu = 1500 } = options;
  const { limit, queueBytes } = { ...NEIGHBOUR_DEFAULTS, ...options.neighbours };
  const { bytes } = { ...REASSEMBLY_DEFAULTS, ...options.reassembly };
  const fragments = options.reassembly === null ? 0 : bytes + Math.floor(bytes / mtu) * FRAGMENT + WHOLE;
  return [
    { what: `neighbour table, ${limit} entries with their timers`, bytes: limit * (ENTRY + TIMER) },
    { what: "packets that wait for a neighbour", bytes: queueBytes },
    { what: "fragments, and a datagram put together", bytes: fragments },
    { what: "a datagram on its way out", bytes: SCRATCH },
    { what: `path MTUs, ${PATHS}`, bytes: PATHS * PATH },
    { what: `redirects believed, ${REDIRECTS}`, bytes: REDIRECTS * REDIRECT },
    { what: "limits of errors and redirects, by address", bytes: BUCKETS },
  ];
}

/** The sum in bytes. */
export function totalBound(options: BoundOptions = {}): number {
  return memoryBound(options).reduce((sum, { bytes }) => sum + bytes, 0);
}
