/** A mix of frames as a busy segment has them, and the same with a share of them damaged. */
import { arpFrame, echoFrame, taggedEchoFrame } from "./frames.ts";
import type { Random } from "./random.ts";

/** Of 20 frames: 10 echoes, 4 ARP, 3 UDP, 2 echoes behind a tag (one of them behind two), 1 of spanning tree. */
export function mixedFrame(random: Random): Uint8Array {
  const kind = random.below(20);
  if (kind < 10) return echoFrame(random);
  if (kind < 14) return arpFrame(random);
  if (kind < 17) return otherProtocol(random);
  if (kind < 18) return taggedEchoFrame(random);
  if (kind < 19) return doublyTagged(random);
  return spanningTree(random);
}

/** The same mix; one frame in four is damaged as {@link damage} says. */
export function malformedFrame(random: Random): Uint8Array {
  const frame = mixedFrame(random);
  return random.below(4) === 0 ? damage(frame, random) : frame;
}

/** Cuts the frame anywhere, or makes its network layer's header contradict itself. */
function damage(frame: Uint8Array, random: Random): Uint8Array {
  const view = new DataView(frame.buffer);
  let at = 12;
  while (view.getUint16(at) === 0x8100 || view.getUint16(at) === 0x88a8) at += 4;
  const type = view.getUint16(at);
  const network = at + 2;
  const way = random.below(6);
  if (way < 2 || (type !== 0x0800 && type !== 0x0806)) return frame.slice(0, random.below(frame.length));
  if (type === 0x0806) view.setUint16(network + 2 * random.below(3), random.below(0x10000));
  else if (way === 2) view.setUint8(network, 0x65);
  else if (way === 3) view.setUint8(network, 0x40 | random.below(5));
  else if (way === 4) view.setUint16(network + 2, random.pick([0, 19, 0xffff, frame.length - network + 1]));
  else view.setUint16(network + 2, (view.getUint8(network) & 15) * 4 + random.below(8));
  return frame;
}

/** An echo of which one byte says that it is UDP: nobody reads further. */
function otherProtocol(random: Random): Uint8Array {
  const frame = echoFrame(random);
  frame[23] = 17;
  return frame;
}

function doublyTagged(random: Random): Uint8Array {
  const inner = taggedEchoFrame(random);
  const frame = new Uint8Array(inner.length + 4);
  frame.set(inner.subarray(0, 12));
  frame.set(inner.subarray(12), 16);
  const view = new DataView(frame.buffer);
  view.setUint16(12, 0x88a8);
  view.setUint16(14, 1 + random.below(4094));
  return frame;
}

/** IEEE 802.3 with a length, and LLC of 3 bytes before the bridge protocol's data. */
function spanningTree(random: Random): Uint8Array {
  const frame = new Uint8Array(60);
  random.fill(frame, 0, 60);
  new DataView(frame.buffer).setUint16(12, 38);
  frame.set([0x42, 0x42, 0x03], 14);
  return frame;
}
