/** The clock that stamps received frames: the kernel's CLOCK_REALTIME, read by the same call that the kernel uses. */
import { clockRealtime } from "../linux/libc.ts";

/** Unix time in whole seconds when this process began to count: nanoseconds since then fit a double exactly. */
export const systemEpoch = Math.floor(Date.now() / 1000);

/** Nanoseconds since {@link systemEpoch}. */
export function systemNow(): number {
  return clockRealtime(systemEpoch);
}
