/** Runs a script against a device: step by step, until one fails. */
import { Actor } from "./actor.ts";
import { buildFrame } from "./build-frame.ts";
import type { FrameContext, Segment } from "./context.ts";
import type { DevicePort, DeviceUnderTest } from "./device.ts";
import { type Failure, type LoggedFrame, StepFailed } from "./failure.ts";
import type { FrameSpec } from "./frame.ts";
import { type Match, matchFrame } from "./match-frame.ts";
import type { Script, Step, TimedStep } from "./script.ts";
import { macNumber, ScriptFault, type Variables } from "./value.ts";
import { type Arrival, WireTap } from "./wire-tap.ts";

/** Seconds. */
const WITHIN = 1;
const NOTHING = 0.3;
/** From the last step to the end: what comes then was not expected either. */
const GRACE = 0.03;
/** Timers tick, and a sender may be held up between looking at the clock and sending: a window begins that much earlier. */
const EARLY = 0.03;
const VIRTUAL_TOLERANCE = 0.002;
const S = 1e9;

interface Window {
  /** Nanoseconds on the link's clock. */
  readonly from: number;
  readonly to: number;
}

/**
 * @param onFrame told of every frame, in the order in which the script saw it.
 * @returns what went wrong; null if nothing did.
 */
export function runScript(
  script: Script,
  device: DeviceUnderTest,
  onFrame: (frame: LoggedFrame) => void = () => {},
): Promise<Failure | null> {
  return device.drive(new Run(script, device, onFrame).run());
}

class Run {
  readonly #script: Script;
  readonly #device: DeviceUnderTest;
  readonly #tap: WireTap;
  readonly #variables: Variables = new Map();
  readonly #segments: ReadonlyMap<string, Segment>;
  readonly #ignored: FrameSpec[] = [];
  readonly #actor: Actor;
  readonly #tolerance: number;
  readonly #start: number;
  /** Of the last event: what came, was sent or was waited for. */
  #moment: number;

  constructor(script: Script, device: DeviceUnderTest, onFrame: (frame: LoggedFrame) => void) {
    const { setup } = script;
    this.#script = script;
    this.#device = device;
    this.#tap = new WireTap(device, setup, onFrame);
    this.#start = this.#tap.now();
    this.#moment = this.#start;
    this.#tolerance = (device.kind === "simulated" ? VIRTUAL_TOLERANCE : setup.tolerance) * S;
    this.#segments = new Map(
      setup.interfaces.map(({ name, prefixes }) => {
        const deviceMac = macNumber(device.ports.find((port) => port.name === name)!.deviceMac);
        const there = setup.stations.filter(({ port }) => port === name);
        const stations = new Map(there.map(({ ip, mac }) => [ip, mac]));
        return [name, { name, deviceMac, prefixes, stations }];
      }),
    );
    this.#define();
    this.#actor = new Actor(device, this.#tap, this.#variables);
  }

  async run(): Promise<Failure | null> {
    let current: TimedStep | null = null;
    try {
      for (const step of this.#script.steps) {
        if (step.only !== null && !step.only.includes(this.#device.kind)) continue;
        current = step;
        await this.#step(step);
      }
      current = null;
      await this.#end();
      return null;
    } catch (error) {
      if (!(error instanceof StepFailed || error instanceof ScriptFault)) throw error;
      const last = this.#script.steps.at(-1)!;
      const { line, text } = current ?? { line: last.line, text: "(after the last step)" };
      const rows = error instanceof StepFailed ? error.rows : [];
      return { line, text: text.trim(), message: error.message, rows, frames: [...this.#tap.log] };
    } finally {
      this.#actor.close();
      this.#tap.close();
    }
  }

  /** `$host`, `$peer` and so on, each with `.mac`. */
  #define(): void {
    const { interfaces, stations, isRouter } = this.#script.setup;
    for (const { name, prefixes } of interfaces) {
      const names = isRouter ? [`host.${name}`] : ["host"];
      for (const variable of names) {
        prefixes.forEach(({ address }, i) => {
          this.#variables.set(i === 0 ? variable : `${variable}${i + 1}`, address >>> 0);
        });
        this.#variables.set(`${variable}.mac`, this.#segments.get(name)!.deviceMac);
      }
    }
    for (const { name, ip, mac } of stations) {
      if (name === "") continue;
      this.#variables.set(name, ip);
      this.#variables.set(`${name}.mac`, mac);
    }
  }

  #context(port: string | null): FrameContext {
    const segment = this.#segments.get(this.#port(port).name)!;
    return { variables: this.#variables, segment, gateway: this.#script.setup.gateway };
  }

  #port(name: string | null): DevicePort {
    const { ports } = this.#device;
    const port = name === null ? ports[0] : ports.find((one) => one.name === name);
    if (port === undefined) throw new ScriptFault(`the device has no interface ${name}`);
    return port;
  }

  async #step({ when, step }: TimedStep): Promise<void> {
    const base = when === null || when.isRelative ? this.#moment : this.#start;
    if (step.kind === "expect") return this.#expect(step, this.#window(when, base, step.within));
    if (step.kind === "any-order") return this.#anyOrder(step, this.#window(when, base, step.within));
    if (when !== null) {
      this.#moment = base + when.from * S;
      await this.#tap.until(this.#moment);
    }
    switch (step.kind) {
      case "inject":
        return this.#inject(step);
      case "let":
        this.#variables.set(step.name, buildFrame(step.frame, this.#context(step.port)));
        return;
      case "nothing":
        return this.#nothing(step);
      case "ignore":
        this.#ignored.push(step.frame);
        return;
      case "host":
        // It acts upon all that it was sent before.
        await this.#device.settle();
        this.#moment = this.#tap.now();
        this.#actor.act(step.action);
        return;
      case "entry":
        return this.#actor.entry(step);
      case "claim":
        return this.#actor.claim(step);
      case "socket":
        await this.#actor.socket(step, this.#moment);
        this.#moment = this.#tap.now();
        return;
      default:
    }
  }

  #window(when: TimedStep["when"], base: number, within: number | null): Window {
    if (when === null) return { from: Number.NEGATIVE_INFINITY, to: base + (within ?? WITHIN) * S };
    const isExact = when.from === when.to;
    const early = isExact ? this.#tolerance : Math.min(this.#tolerance, EARLY * S);
    const to = Number.isFinite(when.to) ? when.to : when.from + (within ?? WITHIN);
    return { from: base + when.from * S - early, to: base + to * S + this.#tolerance };
  }

  async #inject(step: Extract<Step, { kind: "inject" }>): Promise<void> {
    const port = this.#port(step.port);
    const frames: Uint8Array[] = [];
    for (let i = 1; i <= step.times; i++) {
      this.#variables.set("i", i);
      const bytes = buildFrame(step.frame, this.#context(step.port));
      frames.push(bytes);
      this.#variables.set("sent", bytes);
      if (step.save !== null) this.#variables.set(step.save, bytes);
    }
    // At once, or one after the other.
    const groups = step.every > 0 ? frames.map((frame) => [frame]) : [frames];
    for (const [i, group] of groups.entries()) {
      if (i > 0) await this.#tap.until(this.#moment + step.every * S);
      this.#moment = this.#tap.now();
      if (!this.#tap.send(port, ...group))
        throw new StepFailed(`the wire does not take this frame of ${group[0]!.length} bytes`);
    }
  }

  /** The next frame that is not ignored. */
  async #next(port: string | null, deadline: number): Promise<Arrival | null> {
    for (;;) {
      const arrival = await this.#tap.next(port, deadline);
      if (arrival === null) return null;
      const context = this.#context(arrival.port);
      if (!this.#ignored.some((spec) => matchFrame(spec, arrival, context).ok)) return arrival;
    }
  }

  async #expect(step: Extract<Step, { kind: "expect" }>, window: Window): Promise<void> {
    const { min, max } = step.times;
    const port = this.#port(step.port).name;
    for (let n = 0; n < max; n++) {
      const arrival = await this.#next(port, window.to);
      if (arrival === null) {
        if (n >= min) return;
        const passed = Math.max(0, (window.to - this.#moment) / S).toFixed(3);
        const count = max > 1 ? `${n} of ${min === max ? min : `${min}..${max}`} frames came` : "nothing came";
        // What the frame should have been stands beside nothing.
        const empty = matchFrame(step.frame, { bytes: new Uint8Array(0), isChecksumOpen: false }, this.#context(port));
        throw new StepFailed(`${count} within ${passed} s`, empty.rows);
      }
      const match = matchFrame(step.frame, arrival, this.#context(port));
      if (!match.ok) {
        this.#tap.putBack([arrival]);
        if (n >= min) return;
        throw new StepFailed("this frame came instead", match.rows);
      }
      this.#inTime(arrival, window);
      this.#accept(arrival, match);
      if (step.save !== null) this.#variables.set(step.save, arrival.bytes);
    }
  }

  #inTime(arrival: Arrival, window: Window): void {
    if (arrival.time >= window.from) return;
    const after = ((arrival.time - this.#moment) / S).toFixed(3);
    const wanted = ((window.from - this.#moment) / S).toFixed(3);
    throw new StepFailed(`the frame came too early: ${after} s after the last event, not ${wanted} s or later`);
  }

  #accept(arrival: Arrival, match: Match): void {
    for (const [name, value] of match.captured) this.#variables.set(name, value);
    this.#variables.set("seen", arrival.bytes);
    this.#moment = arrival.time;
  }

  async #anyOrder(step: Extract<Step, { kind: "any-order" }>, window: Window): Promise<void> {
    const port = this.#port(step.port).name;
    const left = [...step.frames];
    while (left.length > 0) {
      const arrival = await this.#next(port, window.to);
      const lines = left.map(({ line }) => line).join(", ");
      if (arrival === null) throw new StepFailed(`nothing came any more for line ${lines}`);
      const context = this.#context(port);
      const matches = left.map(({ frame }) => matchFrame(frame, arrival, context));
      const found = matches.findIndex(({ ok }) => ok);
      if (found < 0) {
        this.#tap.putBack([arrival]);
        const nearest = matches.reduce((best, match) => (wrong(match) < wrong(best) ? match : best));
        const at = left[matches.indexOf(nearest)]!.line;
        throw new StepFailed(`a frame came that is none of line ${lines}; line ${at} is nearest`, nearest.rows);
      }
      this.#inTime(arrival, window);
      left.splice(found, 1);
      this.#accept(arrival, matches[found]!);
    }
  }

  async #nothing(step: Extract<Step, { kind: "nothing" }>): Promise<void> {
    const until = this.#moment + (step.seconds ?? NOTHING) * S;
    const others: Arrival[] = [];
    for (;;) {
      const arrival = await this.#next(step.port, until);
      if (arrival === null) break;
      const match = step.frame === null ? null : matchFrame(step.frame, arrival, this.#context(arrival.port));
      if (match?.ok === false) {
        others.push(arrival);
        continue;
      }
      const after = ((arrival.time - this.#moment) / S).toFixed(3);
      throw new StepFailed(`a frame came after ${after} s where none should`, match?.rows ?? []);
    }
    this.#tap.putBack(others);
    this.#moment = until;
  }

  async #end(): Promise<void> {
    const until = Math.max(this.#moment, this.#tap.now()) + GRACE * S;
    const arrival = await this.#next(null, until);
    if (arrival !== null) throw new StepFailed("a frame came that no step expects: the last one below");
  }
}

function wrong({ rows }: Match): number {
  return rows.filter(({ ok }) => !ok).length;
}
