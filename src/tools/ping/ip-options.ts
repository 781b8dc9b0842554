/** The IPv4 options that ping asks with, as iputils builds them, and what it says of those that come back. */
import { getI32, getU32 } from "../../../packets/bytes.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as options from "../../../packets/ipv4-options.ts";
import * as routeOptions from "../../../packets/ipv4-route-options.ts";

const { OptionType } = options;
const { TimestampFlag } = routeOptions;

/** What iputils' headline counts for options, however long they are. */
export const COUNTED_OPTIONS = 40;

/** -T: times alone, with the addresses of those who wrote them, or of hosts that are named. */
export type TimestampKind = "tsonly" | "tsandaddr" | "tsprespec";
/** Hosts that `tsprespec` may name, and hops of a source route before its destination. */
export const MAX_PRESPECIFIED = 4;
export const MAX_HOPS = 9;

const PADDING = { type: OptionType.NoOperation, data: new Uint8Array(0) };

/** -R: nine slots, and a no-operation before it as iputils has. */
export function recordRoute(): Uint8Array {
  return options.build([PADDING, routeOptions.recordRoute()]);
}

/** -T. @param hosts of `tsprespec`, signed 32-bit integers, 4 at most. */
export function timestamp(kind: TimestampKind, hosts: readonly number[] = []): Uint8Array {
  if (kind === "tsprespec") return options.build([routeOptions.timestamp(TimestampFlag.Prespecified, hosts)]);
  if (kind === "tsandaddr") return options.build([routeOptions.timestamp(TimestampFlag.WithAddresses, 4)]);
  return options.build([routeOptions.timestamp(TimestampFlag.TimesOnly, 9)]);
}

/** A loose source route: the request goes to the first hop. @param rest the other hops, and the destination last. */
export function sourceRoute(rest: readonly number[]): Uint8Array {
  return options.build([PADDING, routeOptions.sourceRoute(false, rest)]);
}

/** What iputils prints of a reply's options, after the line's text and before its end; it remembers the last route. */
export class OptionPrinter {
  #lastRoute = "";

  text(list: Uint8Array): string {
    let text = "";
    for (let at = 0; at < list.length && list[at] !== OptionType.EndOfList; ) {
      const length = options.optionLength(list, at, list.length);
      if (length === 0) break;
      text += this.#option(list, at, length);
      at += length;
    }
    return text;
  }

  #option(list: Uint8Array, at: number, length: number): string {
    switch (list[at]) {
      case OptionType.NoOperation:
        return "\nNOP";
      case OptionType.RecordRoute:
        return this.#route(list, at, length);
      case OptionType.Timestamp:
        return times(list, at, length);
      case OptionType.LooseSourceRoute:
        return `\nLSRR: ${hops(list, at, Math.floor((length - 3) / 4))}`;
      case OptionType.StrictSourceRoute:
        return `\nSSRR: ${hops(list, at, Math.floor((length - 3) / 4))}`;
      default:
        return `\nunknown option ${list[at]!.toString(16)}`;
    }
  }

  #route(list: Uint8Array, at: number, length: number): string {
    const count = length < 3 ? 0 : routeOptions.recorded(list, at);
    if (count === 0) return "";
    const text = hops(list, at, count);
    if (text === this.#lastRoute) return "\t(same route)";
    this.#lastRoute = text;
    return `\nRR: ${text}`;
  }
}

function hops(list: Uint8Array, at: number, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += `\t${address.format(routeOptions.routeAddress(list, at, i))}\n`;
  return text;
}

/** What a timestamp option holds; `standard` says that it counts from midnight UT. */
interface Time {
  readonly address: string | null;
  readonly ms: number;
  readonly standard: boolean;
}

function* entries(list: Uint8Array, at: number, length: number): Generator<Time> {
  if (length < 4) return;
  const withAddress = routeOptions.timestampFlag(list, at) !== TimestampFlag.TimesOnly;
  const size = withAddress ? 8 : 4;
  const stop = at + Math.min(routeOptions.pointer(list, at) - 1, length);
  for (let i = at + 4; i + size <= stop; i += size) {
    const value = getU32(list, i + size - 4);
    yield {
      address: withAddress ? address.format(getI32(list, i)) : null,
      ms: value & 0x7fffffff,
      standard: value < 0x80000000,
    };
  }
}

/** The first time in full, those after it as differences, each kind by itself. */
function times(list: Uint8Array, at: number, length: number): string {
  let text = "";
  let standardBefore = 0;
  let otherBefore = 0;
  for (const { address: who, ms, standard } of entries(list, at, length)) {
    if (who !== null) text += `\t${who}`;
    const before = standard ? standardBefore : otherBefore;
    text += before === 0 ? `\t${ms} absolute` : `\t${ms - before}`;
    text += standard ? "\n" : " not-standard\n";
    if (standard) standardBefore = ms;
    else otherBefore = ms;
  }
  if (text === "") return "";
  const unrecorded = routeOptions.overflow(list, at);
  return `\nTS: ${text}${unrecorded > 0 ? `Unrecorded hops: ${unrecorded}\n` : ""}`;
}

/** The same for programs: `route`, `source_route`, `timestamps` and `unrecorded`, those that are there. */
export function optionsObject(list: Uint8Array): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (let at = 0; at < list.length && list[at] !== OptionType.EndOfList; ) {
    const length = options.optionLength(list, at, list.length);
    if (length === 0) break;
    const type = list[at];
    const all = (count: number) =>
      Array.from({ length: count }, (_, i) => address.format(routeOptions.routeAddress(list, at, i)));
    if (type === OptionType.RecordRoute && length >= 3) object.route = all(routeOptions.recorded(list, at));
    else if (type === OptionType.LooseSourceRoute || type === OptionType.StrictSourceRoute)
      object.source_route = all(Math.max(0, Math.floor((length - 3) / 4)));
    else if (type === OptionType.Timestamp && length >= 4) {
      object.timestamps = [...entries(list, at, length)].map(({ address: who, ms, standard }) => ({
        ...(who === null ? {} : { host: who }),
        ms,
        ...(standard ? {} : { standard }),
      }));
      object.unrecorded = routeOptions.overflow(list, at);
    }
    at += length;
  }
  return object;
}
