/** The options of IPv6's hop-by-hop and destination options headers (RFC 8200, 4.2). */
import { named } from "./names.ts";
import type { Container, FieldSpec } from "./spec.ts";
import type { Walker } from "./walker.ts";

const NAMES: Readonly<Record<number, string>> = {
  0: "Pad1",
  1: "PadN",
  5: "router alert",
  38: "Quick-Start",
  48: "Minimum path MTU",
  99: "RPL",
  139: "ILNP nonce",
  194: "jumbo payload",
  201: "home address",
};
function optionName(type: number): string {
  return NAMES[type] ?? `option-${type}`;
}

interface Fields {
  readonly type: FieldSpec;
  readonly length: FieldSpec;
  readonly alert: FieldSpec;
  readonly jumbo: FieldSpec;
  readonly home: FieldSpec;
  readonly data: FieldSpec;
}
const declared = new Map<Container, Fields>();

/** Both headers have the same options, each in a list of its own. */
function fieldsOf(list: Container): Fields {
  const known = declared.get(list);
  if (known !== undefined) return known;
  const fields = {
    type: list.number("type", "Option type", 1, { names: optionName, nameKey: "name" }),
    length: list.number("length", "Option data length", 1, { unit: "bytes" }),
    alert: list.number("routerAlert", "Router alert", 2, {
      source: "RFC 2711, 2.1",
      names: named({ 0: "multicast listener discovery", 1: "RSVP", 2: "active networks" }),
    }),
    jumbo: list.number("jumboLength", "Jumbo payload length", 4, { unit: "bytes", source: "RFC 2675, 2" }),
    home: list.ipv6("homeAddress", "Home address", { source: "RFC 6275, 6.3" }),
    data: list.bytes("data", "Data"),
  };
  declared.set(list, fields);
  return fields;
}

/** The options from `at` to `stop`. */
export function visitTlvOptions(w: Walker, list: Container, at: number, stop: number): void {
  const fields = fieldsOf(list);
  w.open(list, at);
  w.narrow(stop, "header extension length");
  for (let next = at; next < w.end && !w.failed; ) {
    const type = w.buf[next]!;
    w.item(list, next, optionName(type));
    w.u8(fields.type, next);
    let length = 1;
    if (type !== 0) {
      length = 2 + w.u8(fields.length, next + 1);
      w.need("the option", next, length);
      visitData(w, fields, type, next + 2, length - 2);
    }
    next += length;
    if (!w.close(next)) break;
  }
  w.widen();
  w.close(stop);
}

function visitData(w: Walker, fields: Fields, type: number, at: number, length: number): void {
  if (type === 5 && length === 2) w.u16(fields.alert, at);
  else if (type === 194 && length === 4) w.u32(fields.jumbo, at);
  else if (type === 201 && length === 16) {
    w.place(fields.home, at);
    // RFC 6275, 9.3.1: who receives it puts it in the source's place before all else, the checksum included.
    if (!w.failed) w.ipSource = at;
  } else if (length > 0) w.place(fields.data, at, length);
}

/** Declares the options of a list, before any frame has some: for the schema. */
export function declareOptions(list: Container): Container {
  fieldsOf(list);
  return list;
}
