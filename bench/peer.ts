/** What a contender written in JavaScript gives: its version, and one function for each kind of work. */
import { createRequire } from "node:module";
import type { Corpus } from "./corpus.ts";
import type { Absent } from "./harness.ts";

/** One kind of work over a corpus, made ready: all that may be prepared beforehand has been. */
export interface Workload {
  /**
   * Does the work once for each frame. The number returned depends on every result, so nothing can be left out; it is
   * the same each time.
   */
  pass(): number;
  /**
   * The number that all contenders must agree on. Only where `pass` does not return it already: a contender that makes
   * text of addresses would pay in `pass` for turning it back.
   */
  check?(): number;
}

export interface Peer {
  readonly version: string;
  /** By kind of work: `parse/arp`, `checksum`, … */
  readonly workloads: Readonly<Record<string, (corpus: Corpus) => Workload>>;
}

/** Makes one number of the sums of several fields. The C programs do the same. */
export function combine(...sums: readonly number[]): number {
  let all = 0;
  for (const sum of sums) all = (Math.imul(all, 31) + sum) | 0;
  return all;
}

/** The same, without an array of arguments to build. */
export function combineAll(sums: Int32Array): number {
  let all = 0;
  for (let i = 0; i < sums.length; i++) all = (Math.imul(all, 31) + sums[i]!) | 0;
  return all;
}

/** FNV-1a over a range, carried on from `hash`: to compare frames that were built. */
export function fnv(buf: Uint8Array, off: number, end: number, hash: number): number {
  for (let i = off; i < end; i++) hash = Math.imul(hash ^ buf[i]!, 0x01000193);
  return hash;
}

const require = createRequire(import.meta.url);

/**
 * Loads an npm package, or one file of it, with the package's version; or says that it is not there, or not built, and
 * what to do about it.
 */
export function loadPackage(name: string, remedy: string, file = ""): { module: unknown; version: string } | Absent {
  try {
    const { version } = require(`${name}/package.json`) as { version: string };
    return { module: require(file === "" ? name : `${name}/${file}`) as unknown, version };
  } catch {
    return { absent: remedy };
  }
}
