/**
 * Where an end belongs that came early. A host may answer only the later of many probes that reach it at once: a router
 * that asks in vain for a host's MAC address tells of the last few, and everybody tells of so many a second. traceroute
 * then moves an end that is an error, such as `!H`, to the probe that was given up.
 */
import { newProbe, type Probe } from "./probe.ts";

/**
 * Moves the first end behind probe `i`, which is done and unanswered, to its place if it seems to belong there, as
 * traceroute's check_expired does but for guesses by the time to live of what came back.
 */
export function moveEnd(probes: Probe[], i: number, queries: number): void {
  const start = i - (i % queries);
  for (let k = start; k < i; k++) if (!isEnd(probes[k]!)) return;
  const end = nextDone(probes, i);
  const found = probes[end];
  if (found === undefined || !found.final || found.note === "") return;
  const isSameHop = i > start || end < start + queries;
  if (!isSameHop && !saidBefore(probes, i, found)) return;
  probes[i] = found;
  // What was moved is not sent again.
  probes[end] = { ...newProbe(), sent: true, sentMs: found.sentMs, sentNs: found.sentNs };
}

function isEnd({ done, final }: Probe): boolean {
  return done && final;
}

/** The next probe that was sent and is done; -1 if there is none. */
function nextDone(probes: readonly Probe[], i: number): number {
  for (let k = i + 1; k < probes.length && probes[k]!.sent; k++) if (probes[k]!.done) return k;
  return -1;
}

/** True if who sent this error has said before that a probe died there: the error comes from one hop later. */
function saidBefore(probes: readonly Probe[], i: number, { from, answered }: Probe): boolean {
  return answered && probes.some((probe, k) => k < i && probe.answered && probe.from === from);
}
