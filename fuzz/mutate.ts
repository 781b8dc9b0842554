/** Frames out of seeds: cut, changed, spliced, and some that are wholly random. All of it follows from the random numbers. */
import type { Random } from "../bench/random.ts";
import type { FuzzFrame } from "./frame.ts";

/** Numbers at which length fields and counters go wrong. */
const EDGES = [0, 1, 2, 3, 4, 5, 7, 8, 0x0f, 0x10, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xfe, 0xff];
/** EtherTypes that lead a random frame somewhere. */
const TYPES = [0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8, 0x88cc, 0x8035, 0x0026, 0x05dc, 0x8847, 0x8864];
const LONGEST = 65_600;

/** A frame that did not exist before. @param number tells its time: mostly a moment after the one before. */
export function nextFrame(random: Random, seeds: readonly Uint8Array[], number: number): FuzzFrame {
  const bytes = nextBytes(random, seeds);
  const isJump = random.below(200) === 0;
  return {
    bytes,
    originalLength: wireLength(random, bytes.length),
    second: isJump ? random.next() : 1_700_000_000 + Math.floor(number / 64),
    nanosecond: isJump ? random.below(1e9) : (number % 64) * 15_000_000 + random.below(1000),
    direction: random.below(2),
    flags: random.below(4) === 0 ? 1 : 0,
  };
}

function nextBytes(random: Random, seeds: readonly Uint8Array[]): Uint8Array {
  const fate = random.below(100);
  if (fate < 3) return randomFrame(random);
  const seed = random.pick(seeds);
  if (fate < 8) return seed.slice();
  if (fate < 20) return seed.slice(0, random.below(seed.length + 1));
  const whole = fate < 28 ? spliced(random, seed, random.pick(seeds)) : seed.slice();
  const changed = mutated(random, whole);
  // What says how long it is gets further in than what does not.
  if (changed.length !== seed.length && random.below(2) === 0) repair(changed);
  return fate < 45 ? changed.slice(0, random.below(changed.length + 1)) : changed;
}

function wireLength(random: Random, captured: number): number {
  switch (random.below(24)) {
    case 0:
      return captured + 1 + random.below(1500);
    case 1:
      return captured + random.below(1 << random.below(20));
    case 2:
      return random.below(captured + 1);
    default:
      return captured;
  }
}

function randomFrame(random: Random): Uint8Array {
  const bytes = new Uint8Array(random.below(random.below(20) === 0 ? 1600 : 120));
  random.fill(bytes, 0, bytes.length);
  if (bytes.length >= 14 && random.below(4) > 0) {
    const type = random.pick(TYPES);
    bytes[12] = type >> 8;
    bytes[13] = type & 0xff;
    if (bytes.length > 14 && random.below(2) === 0) bytes[14] = type === 0x86dd ? 0x60 : 0x45;
  }
  return bytes;
}

/** The head of one frame and the tail of another. */
function spliced(random: Random, head: Uint8Array, tail: Uint8Array): Uint8Array {
  const at = random.below(head.length + 1);
  // Often at the same place, so that headers of one protocol meet.
  const from = random.below(2) === 0 ? Math.min(at, tail.length) : random.below(tail.length + 1);
  const bytes = new Uint8Array(at + tail.length - from);
  bytes.set(head.subarray(0, at));
  bytes.set(tail.subarray(from), at);
  return bytes;
}

/** Makes the length fields of an untagged IPv4, IPv6, UDP or IEEE 802.3 frame agree with its length. */
function repair(bytes: Uint8Array): void {
  const rest = bytes.length - 14;
  if (rest < 8) return;
  const type = (bytes[12]! << 8) | bytes[13]!;
  if (type <= 1500) set16(bytes, 12, rest);
  else if (type === 0x0800) {
    set16(bytes, 16, rest);
    const header = (bytes[14]! & 15) * 4;
    if (bytes[23] === 17 && rest >= header + 8) set16(bytes, 14 + header + 4, rest - header);
  } else if (type === 0x86dd && rest >= 48) {
    set16(bytes, 18, rest - 40);
    if (bytes[20] === 17) set16(bytes, 58, rest - 40);
  }
}

function set16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}

function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  let frame = bytes;
  for (let left = 1 + random.below(random.below(4) === 0 ? 16 : 4); left > 0; left--) frame = mutation(random, frame);
  return frame;
}

function mutation(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  const at = place(random, bytes.length);
  switch (random.below(12)) {
    case 0:
    case 1:
      bytes[at] = random.next() >>> 24;
      return bytes;
    case 2:
    case 3:
      bytes[at] = random.pick(EDGES);
      return bytes;
    case 4:
      bytes[at]! ^= 1 << random.below(8);
      return bytes;
    case 5:
      // A length field that is a little too small or too large.
      bytes[at]! += random.below(9) - 4;
      return bytes;
    case 6: {
      // What remains from here, more or less, as 8 or 16 bits.
      const rest = Math.max(0, bytes.length - at + random.below(9) - 6);
      if (random.below(2) === 0 && at + 1 < bytes.length) bytes[at + 1] = rest & 0xff;
      bytes[at] = random.below(2) === 0 ? rest >> 8 : rest & 0xff;
      return bytes;
    }
    case 7:
      bytes.fill(random.pick(EDGES), at, Math.min(bytes.length, at + 1 + random.below(8)));
      return bytes;
    case 8:
      random.fill(bytes, at, Math.min(bytes.length, at + 1 + random.below(16)));
      return bytes;
    case 9:
      return removed(bytes, at, Math.min(bytes.length, at + 1 + random.below(12)));
    case 10:
      return inserted(bytes, at, randomBytes(random, 1 + random.below(12)));
    default: {
      // A part of itself once more: options and records that repeat.
      const from = random.below(bytes.length);
      const piece = bytes.slice(from, from + 1 + random.below(40));
      const times = random.below(40) === 0 ? 1 + random.below(60) : 1;
      let frame = bytes;
      for (let i = 0; i < times && frame.length < LONGEST; i++) frame = inserted(frame, at, piece);
      return frame;
    }
  }
}

/** Mostly behind the addresses, and mostly in the headers. */
function place(random: Random, length: number): number {
  if (length <= 12 || random.below(16) === 0) return random.below(length);
  const rest = length - 12;
  return 12 + random.below(random.below(3) === 0 ? rest : Math.min(rest, 64));
}

function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  random.fill(bytes, 0, length);
  return bytes;
}

function removed(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const rest = new Uint8Array(bytes.length - (to - from));
  rest.set(bytes.subarray(0, from));
  rest.set(bytes.subarray(to), from);
  return rest;
}

function inserted(bytes: Uint8Array, at: number, piece: Uint8Array): Uint8Array {
  const longer = new Uint8Array(bytes.length + piece.length);
  longer.set(bytes.subarray(0, at));
  longer.set(piece, at);
  longer.set(bytes.subarray(at), at + piece.length);
  return longer;
}
