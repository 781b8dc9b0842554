/** The fields of IPv4's options (RFC 791, 3.1). */
import { OptionType, optionName } from "../ipv4-options.ts";
import { IPV4 } from "./ipv4-spec.ts";
import { named } from "./names.ts";
import type { Walker } from "./walker.ts";

const OPTIONS = IPV4.list("options", "Options");
const TYPE = OPTIONS.number("type", "Option type", 1, { names: optionName, nameKey: "name" });
const LENGTH = OPTIONS.number("length", "Option length", 1, { unit: "bytes" });
const POINTER = OPTIONS.number("pointer", "Pointer", 1, { note: "counted from the option's first byte, which is 1" });
const ROUTE = OPTIONS.list("route", "Route");
const ADDRESS = ROUTE.ipv4("", "Address");
const OVERFLOW = OPTIONS.number("overflow", "Overflow", 1, { bits: [0, 4], note: "hosts that found no room" });
const FLAG_NAMES = named({
  0: "timestamps only",
  1: "addresses and timestamps",
  3: "prespecified addresses",
});
const FLAG = OPTIONS.number("flag", "Flag", 1, { bits: [4, 4], names: FLAG_NAMES, nameKey: "flagName" });
const ENTRIES = OPTIONS.list("entries", "Entries");
const ENTRY_ADDRESS = ENTRIES.ipv4("address", "Address");
const ENTRY_TIME = ENTRIES.number("timestamp", "Timestamp", 4, { unit: "ms since midnight UT" });
const ALERT = OPTIONS.number("routerAlert", "Router alert", 2, {
  source: "RFC 2113, 2.1",
  names: (value) => (value === 0 ? "every router examines the packet" : "reserved"),
});
const STREAM = OPTIONS.number("streamId", "Stream identifier", 2, { source: "RFC 791, 3.1" });
const FILL = IPV4.unused("Padding of the options");
const DATA = OPTIONS.bytes("data", "Data");

/** The options from `at` to `stop`. */
export function visitOptions(w: Walker, at: number, stop: number): void {
  w.open(OPTIONS, at);
  w.narrow(stop, "IPv4 header length");
  let next = at;
  for (; next < w.end && !w.failed; ) {
    const type = w.buf[next]!;
    w.item(OPTIONS, next, optionName(type));
    w.u8(TYPE, next);
    let length = 1;
    if (type !== OptionType.EndOfList && type !== OptionType.NoOperation) {
      length = w.u8(LENGTH, next + 1);
      if (length < 2) w.problem(next, "length", `an option of ${length} bytes, the least is 2`);
      w.narrow(next + length, "option length");
      if (next + length > w.end) w.need("the option", next, length);
      visitData(w, type, next, next + length);
      w.widen();
    }
    next += length;
    const isSound = w.close(next);
    if (!isSound || type === OptionType.EndOfList) break;
  }
  w.close(next);
  if (next < w.end && !w.failed && w.buf[next - 1] === OptionType.EndOfList) w.place(FILL, next, w.end - next);
  w.widen();
}

function visitData(w: Walker, type: number, at: number, stop: number): void {
  switch (type) {
    case OptionType.RecordRoute:
    case OptionType.LooseSourceRoute:
    case OptionType.StrictSourceRoute:
      w.u8(POINTER, at + 2);
      w.open(ROUTE, at + 3);
      for (let next = at + 3; next < stop && !w.failed; next += 4) w.place(ADDRESS, next);
      w.close(stop);
      return;
    case OptionType.Timestamp:
      visitTimestamps(w, at, stop);
      return;
    case OptionType.RouterAlert:
      if (stop - at === 4) w.u16(ALERT, at + 2);
      else w.place(DATA, at + 2, stop - at - 2);
      return;
    case OptionType.StreamId:
      if (stop - at === 4) w.u16(STREAM, at + 2);
      else w.place(DATA, at + 2, stop - at - 2);
      return;
    default:
      if (stop - at > 2) w.place(DATA, at + 2, stop - at - 2);
  }
}

function visitTimestamps(w: Walker, at: number, stop: number): void {
  w.u8(POINTER, at + 2);
  w.bits(OVERFLOW, at + 3);
  const flag = w.bits(FLAG, at + 3);
  const hasAddress = flag !== 0;
  w.open(ENTRIES, at + 4);
  for (let next = at + 4; next < stop && !w.failed; next += hasAddress ? 8 : 4) {
    w.item(ENTRIES, next);
    if (hasAddress) w.place(ENTRY_ADDRESS, next);
    w.u32(ENTRY_TIME, hasAddress ? next + 4 : next);
    w.close(next + (hasAddress ? 8 : 4));
  }
  w.close(stop);
}
