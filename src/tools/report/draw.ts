/** Chooses which frames a sequence diagram shows: the first ones, and later ones that are odd. */

import type { Diagram, DiagramEvent, HostReport, Lifeline, Report, Scene } from "./model.ts";

/** A frame as it may be drawn. */
export interface DrawnFrame {
  readonly frame: number;
  readonly at: number;
  /** MAC addresses; `to` empty for a group. */
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly kind: string;
  readonly severity: DiagramEvent["severity"];
  /** Which wire it was seen on, and what tells its bytes from others'. */
  readonly wire: number;
  readonly fingerprint: number;
  /** Frames that are not drawn between the one before and this one. */
  readonly skipped: number;
}

/** Frames before the one at hand among which the same frame, seen on another wire, is looked for. */
const LOOK_BACK = 8;
/** Hosts that get a line of their own; the rest share one. */
export const MAX_LIFELINES = 8;
export const OTHERS = "others";

export class Drawing {
  private readonly first: DrawnFrame[] = [];
  private readonly odd: DrawnFrame[] = [];
  private readonly recent: DrawnFrame[] = [];
  private readonly limit: number;
  private frames = 0;
  /** Frames since the last one that may be drawn. */
  private skipped = 0;

  /** @param limit frames that are drawn at most; a third of them is kept for odd ones. */
  constructor(limit: number) {
    this.limit = limit;
  }

  add(seen: Omit<DrawnFrame, "skipped">): void {
    const frame = { ...seen, skipped: 0 };
    const isSeenTwice = this.recent.some((one) => one.wire !== frame.wire && one.fingerprint === frame.fingerprint);
    this.recent.push(frame);
    if (this.recent.length > LOOK_BACK) this.recent.shift();
    if (isSeenTwice) return;
    this.frames++;
    if (this.first.length < this.limit) this.first.push(frame);
    else if (frame.severity === "" || this.odd.length >= Math.floor(this.limit / 3)) this.skipped++;
    else {
      this.odd.push({ ...frame, skipped: this.skipped });
      this.skipped = 0;
    }
  }

  /**
   * @param hosts for the names of lifelines. @param interfaces for the titles of scenes, by wire.
   * @param unanswered frames that turned out to ask in vain.
   */
  diagram(
    hosts: readonly HostReport[],
    interfaces: Report["summary"]["interfaces"],
    unanswered: ReadonlySet<number>,
  ): Diagram {
    const kept = this.first.slice(0, this.limit - this.odd.length);
    const dropped = this.first.length - kept.length;
    const odd = this.odd.map((one, i) => (i === 0 ? { ...one, skipped: one.skipped + dropped } : one));
    const chosen = [...kept, ...odd].map((one) =>
      unanswered.has(one.frame) ? { ...one, severity: "warning" as const } : one,
    );
    const casts = castsOf(chosen);
    const scenes = casts.map(({ wire, frames }): Scene => {
      const { name = "", description = "" } = interfaces[wire] ?? {};
      const title = description === "" ? name : `${name} (${description})`;
      return { title: casts.length > 1 ? title : "", ...draw(frames, hosts) };
    });
    return { scenes, leftOut: this.frames - chosen.length };
  }
}

/** Frames on wires that see the same stations, and these stations. */
interface Cast {
  readonly wire: number;
  readonly wires: Set<number>;
  readonly macs: Set<string>;
  readonly frames: DrawnFrame[];
}

function castsOf(frames: readonly DrawnFrame[]): Cast[] {
  const casts: Cast[] = [];
  for (const frame of frames) {
    const { wire, from, to } = frame;
    let cast = casts.find((one) => one.wires.has(wire)) ?? casts.find((one) => one.macs.has(from) || one.macs.has(to));
    if (cast === undefined) {
      cast = { wire, wires: new Set(), macs: new Set(), frames: [] };
      casts.push(cast);
    }
    cast.wires.add(wire);
    cast.macs.add(from);
    if (to !== "") cast.macs.add(to);
    cast.frames.push(frame);
  }
  return casts;
}

function draw(frames: readonly DrawnFrame[], hosts: readonly HostReport[]): Omit<Scene, "title"> {
  const macs: string[] = [];
  for (const { from, to } of frames) {
    for (const mac of [from, to]) if (mac !== "" && !macs.includes(mac)) macs.push(mac);
  }
  const own = macs.length > MAX_LIFELINES ? macs.slice(0, MAX_LIFELINES - 1) : macs;
  const lifelines: Lifeline[] = own.map((mac) => ({ mac, name: nameOf(mac, hosts) }));
  if (own.length < macs.length) lifelines.push({ mac: "", name: OTHERS });
  const indexOf = (mac: string) => (own.includes(mac) ? own.indexOf(mac) : own.length);
  const events = frames.map((one): DiagramEvent => {
    const { frame, at, label, kind, severity, skipped } = one;
    return {
      frame,
      at,
      from: indexOf(one.from),
      to: one.to === "" ? -1 : indexOf(one.to),
      label,
      kind,
      severity,
      skipped,
    };
  });
  return { lifelines, events };
}

function nameOf(mac: string, hosts: readonly HostReport[]): string {
  const host = hosts.find((one) => one.mac === mac);
  const [first] = host?.addresses ?? [];
  if (host === undefined || first === undefined) return mac;
  const role = host.roles.find((one) => one.role === "router");
  return role === undefined ? first : `${first} (router)`;
}
