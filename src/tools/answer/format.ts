/** answer's lines, for people and for programs. */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { describe } from "../../stack/describe.ts";
import { Drop, dropName, dropText } from "../../stack/drop.ts";
import { neighbourStateName } from "../../stack/neighbour/neighbour-options.ts";
import type { StackEvent } from "../../stack/observer.ts";

/** `12:18:43.723096`, local time. @param time nanoseconds since `epoch`, in whole seconds since 1970. */
export function clockText(epoch: number, time: number): string {
  const seconds = epoch + Math.floor(time / 1e9);
  const micros = String(Math.floor((time % 1e9) / 1000)).padStart(6, "0");
  const date = new Date(seconds * 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${micros}`;
}

/** `12,345`. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** @param where the interface's name, if there are several. */
export function eventLine(event: StackEvent, epoch: number, where?: string): string {
  const place = where === undefined ? "" : `${where}: `;
  return `${clockText(epoch, event.time)} ${place}${describe(event)}\n`;
}

const ADDRESSES: ReadonlySet<string> = new Set(["ip", "to", "from", "about", "hop", "gateway"]);

/** The event as JSON: addresses as text, time in seconds since 1970. */
export function eventJson(event: StackEvent, epoch: number, where?: string): string {
  const object: Record<string, unknown> = where === undefined ? {} : { interface: where };
  for (const [key, value] of Object.entries(event)) {
    if (key === "type") object.event = value;
    else if (key === "time") object.time = epoch + Math.round((value as number) / 1000) / 1e6;
    else if (key === "ms") object.ms = Math.round((value as number) * 1000) / 1000;
    else if (value instanceof Uint8Array) object[key] = mac.format(value);
    else if (event.type === "neighbour-changed" && (key === "from" || key === "to"))
      object[key] = neighbourStateName(value as number);
    else if (key === "reason") object.reason = dropName(value as number);
    else if (typeof value === "number" && ADDRESSES.has(key)) object[key] = ipv4.format(value);
    else object[key] = value;
  }
  return `${JSON.stringify(object)}\n`;
}

/** All drops together. @param drops as `HostStats.drops`. */
export function dropped(drops: Readonly<Record<string, number>>): number {
  return Object.values(drops).reduce((sum, count) => sum + count, 0);
}

const REASONS = new Map(Object.values(Drop).map((reason) => [dropName(reason), dropText(reason)]));

/** A line for each reason, the most frequent first. */
export function dropLines(drops: Readonly<Record<string, number>>): string {
  const byCount = Object.entries(drops).sort((a, b) => b[1] - a[1]);
  return byCount.map(([reason, count]) => `  ${grouped(count)} ${REASONS.get(reason) ?? reason}\n`).join("");
}
