/** A finding made small: as few frames as show it, as short as they can be, with as many zeros as possible. */
import { Checker, type Finding } from "./check.ts";
import type { FuzzFrame } from "./frame.ts";
import type { Target } from "./target.ts";

/** Attempts altogether: a finding that needs more stays a little larger. */
const ATTEMPTS = 4000;

/** @param seed of the round, from which the targets' options follow. */
export function minimise(finding: Finding, targets: readonly Target[], seed: number): Finding {
  const only = targets.filter((target) => target.name === finding.target);
  let best = finding;
  let attempts = ATTEMPTS;
  const attempt = (frames: readonly FuzzFrame[]): boolean => {
    if (attempts-- <= 0) return false;
    const found = reproduce(frames, only, seed);
    if (found === null || found.fault !== finding.fault) return false;
    best = found;
    return true;
  };
  if (!attempt(finding.frames.slice(-1))) withoutParts(finding.frames, (frames) => attempt(frames));
  for (let i = best.frames.length - 1; i >= 0; i--) {
    const replaced = (frame: FuzzFrame) => best.frames.map((old, k) => (k === i ? frame : old));
    const missing = (frame: FuzzFrame) => Math.max(0, frame.originalLength - frame.bytes.length);
    withoutParts([...best.frames[i]!.bytes], (bytes) => {
      const old = best.frames[i]!;
      const shorter = { ...old, bytes: Uint8Array.from(bytes), originalLength: bytes.length + missing(old) };
      return attempt(replaced(shorter));
    });
    for (let at = 0; at < best.frames[i]!.bytes.length; at++) {
      const { bytes } = best.frames[i]!;
      if (bytes[at] === 0) continue;
      attempt(replaced({ ...best.frames[i]!, bytes: bytes.with(at, 0) }));
    }
  }
  return best;
}

/** The finding that these frames give, through targets in a fresh state; null if they give none. */
export function reproduce(frames: readonly FuzzFrame[], targets: readonly Target[], seed: number): Finding | null {
  const checker = new Checker(targets, seed);
  for (const [i, frame] of frames.entries()) {
    const wrong = checker.check(frame);
    if (wrong !== null) return { ...wrong, frames: frames.slice(0, i + 1) };
  }
  return null;
}

/** Leaves out parts of a list, large ones first, as long as `accept` says that what remains still serves. */
function withoutParts<T>(list: readonly T[], accept: (rest: T[]) => boolean): void {
  let kept = [...list];
  for (let size = kept.length >> 1; size >= 1; size >>= 1) {
    for (let end = kept.length; end > 0; end -= size) {
      const rest = [...kept.slice(0, Math.max(0, end - size)), ...kept.slice(end)];
      if (accept(rest)) kept = rest;
    }
  }
}
