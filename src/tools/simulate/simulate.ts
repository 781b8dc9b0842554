/**
 * Hours on an Ethernet segment, in seconds: hosts of our own that come and go, move, collide and ping each other over
 * links that lose, double and corrupt, on a virtual clock. The same seed gives the same capture, to the byte.
 *
 * @example
 * const { answered, pings, fingerprint } = simulate({ hosts: 50, hours: 24, seed: 1 });
 */
import type { Impairments } from "../../link/impair/index.ts";
import type { HourReport, SimulationCounters, SimulationOptions, SimulationReport } from "./options.ts";
import { Segment } from "./segment.ts";

const HOUR_MS = 3_600_000;

/** Bursts of four frames on average that make up 2 % of all. */
const IMPAIRMENTS: Impairments = {
  out: {
    loss: { model: "gemodel", p: 0.5, r: 25 },
    duplicate: { percent: 0.5 },
    corrupt: { percent: 0.5 },
    delay: { ms: 0.2, jitterMs: 0.1 },
    distribution: "normal",
  },
};

/** Runs a simulation to its end. @throws {RangeError} on options out of bounds, in one line. */
export function simulate(options: SimulationOptions = {}): SimulationReport {
  const hours = simulateHours(options);
  for (;;) {
    const next = hours.next();
    if (next.done === true) return next.value;
  }
}

/** The same an hour at a time, for those who have other things to see to between them; `next(true)`: that was the last one. */
export function* simulateHours(
  options: SimulationOptions = {},
): Generator<HourReport, SimulationReport, boolean | undefined> {
  const { hosts = 50, hours = 24, seed = 1, impairments = IMPAIRMENTS, memory = () => 0 } = options;
  if (!Number.isInteger(hosts) || hosts < 2 || hosts > 200) throw new RangeError("hosts: from 2 to 200");
  if (!Number.isInteger(hours) || hours < 1) throw new RangeError("hours: at least 1");
  const segment = new Segment(hosts, seed, impairments, options.write);
  const reports: HourReport[] = [];
  let before = segment.now();
  for (let hour = 1; hour <= hours; hour++) {
    segment.clock.advance(HOUR_MS);
    const now = segment.now();
    const report = { hour, ...difference(now, before), memory: memory() };
    reports.push(report);
    const isEnough = yield report;
    before = now;
    if (isEnough === true) break;
  }
  const counted = reports.map(({ memory: _, ...counters }) => counters);
  return { ...before, hours: reports, fingerprint: segment.finish(JSON.stringify(counted)) };
}

function difference(now: SimulationCounters, before: SimulationCounters): SimulationCounters {
  return Object.fromEntries(
    Object.entries(now).map(([name, value]) => [name, value - before[name as keyof SimulationCounters]]),
  ) as unknown as SimulationCounters;
}
