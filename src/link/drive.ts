/**
 * Fetching frames from a thread that has nothing else to do: faster than to be woken by the event loop, which takes 13 µs.
 * The thread works in slices, and lets its event loop turn between them, so that its timers and messages are served.
 */
import type { PacketLink } from "./packet.ts";

/**
 * How a thread waits for frames. `event`: in the event loop, among all else it does. `block`: asleep in the kernel until
 * one is there. `spin`: looking again and again; the fastest, and a whole processor's work.
 */
export type Gear = "event" | "block" | "spin";

/** Milliseconds after which a thread looks at timers and messages: they come later by as much. */
const SLICE_MS = { block: 10, spin: 2 } as const;
/** Empty looks between two looks at the clock, which costs as much as several of them. */
const LOOKS = 64;

/**
 * Drives a link that was opened to wake by calls, from the calling thread, until `isStopped` says so; it is asked at
 * every slice. Returns at once: the work is done from the event loop.
 * @param turned is called after each slice.
 */
export function drive(
  link: PacketLink,
  gear: "block" | "spin",
  isStopped: () => boolean,
  turned: () => void = () => {},
): void {
  const slice = gear === "spin" ? spin : block;
  const turn = () => {
    if (isStopped()) return;
    slice(link, performance.now() + SLICE_MS[gear]);
    turned();
    setImmediate(turn);
  };
  turn();
}

function spin(link: PacketLink, end: number): void {
  do {
    for (let i = 0; i < LOOKS; i++) if (link.poll() > 0) break;
  } while (performance.now() < end);
}

function block(link: PacketLink, end: number): void {
  for (;;) {
    const left = Math.ceil(end - performance.now());
    if (left <= 0) return;
    if (link.poll() === 0) link.wait(left);
  }
}
