/** Compares a frame that came with the one that a script expects, field by field. */

import { operationName } from "../../packets/arp.ts";
import { toHex } from "../../packets/bytes.ts";
import * as checksum from "../../packets/checksum.ts";
import { etherTypeName } from "../../packets/ethernet.ts";
import { Fault } from "../../packets/fault.ts";
import { typeName } from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as udp from "../../packets/udp.ts";
import { buildFrame, datagramIn } from "./build-frame.ts";
import { BROADCAST_MAC, type FrameContext, nextHopMac } from "./context.ts";
import type { FrameSpec, Layer } from "./frame.ts";
import { type FieldTable, headerLength, IP_HEADER, LAYERS, NEXT_TYPE, PROTOCOL, readField } from "./layers.ts";
import {
  ANY,
  evaluate,
  type Format,
  formatPattern,
  formatValue,
  is,
  type Pattern,
  sameValue,
  type Value,
} from "./value.ts";

/** One field beside itself. */
export interface Row {
  /** As `arp.spa`. */
  readonly field: string;
  readonly expected: string;
  /** `-` if the frame has no such field. */
  readonly seen: string;
  readonly ok: boolean;
  /** The script names it; otherwise it is as the standards want it. */
  readonly named: boolean;
}

export interface Match {
  readonly ok: boolean;
  readonly rows: readonly Row[];
  /** Variables that got their value from this frame. */
  readonly captured: ReadonlyMap<string, Value>;
}

export interface SeenFrame {
  readonly bytes: Uint8Array;
  /** The kernel left the transport checksum for hardware that a veth does not have. */
  readonly isChecksumOpen: boolean;
}

const MAX_ROW_BYTES = 16;

export function matchFrame(spec: FrameSpec, seen: SeenFrame, context: FrameContext): Match {
  if (spec.kind === "layers") return new Matcher(seen, context).match(spec.layers, spec.trailer.padTo);
  const rows = compareBytes(buildFrame(spec, context), seen.bytes);
  return { ok: rows.every(({ ok }) => ok), rows, captured: new Map() };
}

function compareBytes(expected: Uint8Array, seen: Uint8Array): Row[] {
  const at = expected.findIndex((byte, i) => byte !== seen[i]);
  const shown = (bytes: Uint8Array): string => formatValue(bytes.subarray(at, at + MAX_ROW_BYTES), "bytes");
  const rows: Row[] = [];
  if (expected.length !== seen.length)
    rows.push(row("frame.length", String(expected.length), String(seen.length), false, true));
  if (at >= 0) rows.push(row(`frame[${at}]`, shown(expected), shown(seen), false, true));
  if (rows.length === 0) rows.push(row("frame", `${seen.length} bytes`, "the same", true, true));
  return rows;
}

function row(field: string, expected: string, seen: string, ok: boolean, named: boolean): Row {
  return { field, expected, seen, ok, named };
}

class Matcher {
  readonly #bytes: Uint8Array;
  readonly #isChecksumOpen: boolean;
  readonly #context: FrameContext;
  readonly #captured = new Map<string, Value>();
  readonly #rows: Row[] = [];
  #end: number;
  /** Of the innermost IPv4 header so far; -1 before. */
  #ip = -1;

  constructor({ bytes, isChecksumOpen }: SeenFrame, context: FrameContext) {
    this.#bytes = bytes;
    this.#isChecksumOpen = isChecksumOpen;
    this.#context = context;
    this.#end = bytes.length;
  }

  match(layers: readonly Layer[], padTo: number | undefined): Match {
    let at = 0;
    if (this.#end === 0) for (const layer of layers) this.#absent(layer);
    for (let n = 0; this.#end > 0 && n < layers.length; n++) {
      at = this.#layer(layers, n, at);
      if (at >= 0) continue;
      for (const rest of layers.slice(n + 1)) this.#absent(rest);
      break;
    }
    if (padTo !== undefined) this.#check("frame.length", is(padTo), this.#bytes.length, "number", true);
    return { ok: this.#rows.every(({ ok }) => ok), rows: this.#rows, captured: this.#captured };
  }

  /** Compares the n-th layer at `at`. @returns where the next begins; -1 if what is there is another one. */
  #layer(layers: readonly Layer[], n: number, at: number): number {
    const layer = layers[n]!;
    const { kind } = layer;
    if (kind === "data") {
      this.#check("data", layer.data!, this.#bytes.slice(at, this.#end), "bytes", true);
      return this.#end;
    }
    if (kind === "quoting") return this.#quote(layer, at);
    const table = LAYERS[kind];
    const type = kind === "icmp" ? readField(this.#bytes, at, LAYERS.icmp.type!) : 8;
    const length = headerLength(kind, type);
    if (this.#end - at < length) {
      this.#rows.push(row(kind, `${length} bytes`, `${Math.max(0, this.#end - at)} bytes`, false, true));
      return -1;
    }
    if (kind === "ip") {
      this.#ip = at;
      // What follows the datagram is padding.
      const total = ipv4.totalLength(this.#bytes, at);
      if (total >= IP_HEADER && at + total <= this.#end) this.#end = at + total;
    }
    const next = layers[n + 1];
    const defaults = this.#defaults(layers, n, at);
    for (const [name, field] of Object.entries(table)) {
      const named = layer.fields.get(name);
      const pattern = named?.pattern ?? defaults[name];
      if (pattern === undefined) continue;
      this.#field(kind, name, pattern, field, at, named !== undefined);
    }
    if (kind === "ip") return this.#options(layer, at, next);
    const isOther = (kind === "eth" || kind === "vlan") && next !== undefined && this.#rows.at(-1)?.ok === false;
    return isOther ? -1 : at + length;
  }

  #field(kind: Layer["kind"], name: string, pattern: Pattern, field: FieldTable, at: number, isNamed: boolean): void {
    const value = readField(this.#bytes, at, field);
    if (pattern.kind !== "good" && pattern.kind !== "bad") {
      this.#check(`${kind}.${name}`, pattern, value, field.format, isNamed);
      return;
    }
    const isGood = this.#isGood(kind, at);
    const seen = `${formatValue(value, "hex")} (${isGood ? "good" : "bad"})`;
    this.#rows.push(row(`${kind}.${name}`, pattern.kind, seen, isGood === (pattern.kind === "good"), isNamed));
  }

  #isGood(kind: Layer["kind"], at: number): boolean {
    const buf = this.#bytes;
    if (kind === "ip") return ipv4.checksumOk(buf, at);
    const ip = this.#ip;
    // Over the whole datagram, which is not here.
    if (ipv4.isFragment(buf, ip)) return true;
    if (kind === "icmp") return checksum.checksum(buf, at, this.#end) === 0;
    if (this.#isChecksumOpen) return true;
    if (udp.check(buf, at, this.#end) !== Fault.None) return false;
    return udp.checksum(buf, at) !== 0 && udp.checksumOk(buf, at, ipv4.src(buf, ip), ipv4.dst(buf, ip));
  }

  /** What the standards want of the fields that the script leaves out. */
  #defaults(layers: readonly Layer[], n: number, at: number): Readonly<Record<string, Pattern>> {
    const { kind, fields } = layers[n]!;
    const { segment } = this.#context;
    const next = layers[n + 1]?.kind;
    const isQuoted = layers[n - 1]?.kind === "icmp";
    switch (kind) {
      case "eth":
        return { dst: this.#destination(layers), src: is(segment.deviceMac), type: typeOf(next) };
      case "vlan":
        return { type: typeOf(next) };
      case "arp": {
        const to = segment.stations.get(readField(this.#bytes, at, LAYERS.arp.tpa!));
        const isReply = said(fields.get("op")?.pattern) === 2;
        const tha = isReply && to !== undefined ? { tha: is(to) } : {};
        return { htype: is(1), ptype: is(0x0800), hlen: is(6), plen: is(4), sha: is(segment.deviceMac), ...tha };
      }
      case "ip": {
        const inner = next === undefined ? undefined : PROTOCOL[next];
        const proto = inner === undefined ? {} : { proto: is(inner) };
        if (isQuoted) return { version: is(4), ...proto };
        return {
          version: is(4),
          length: this.#length(layers, n, at),
          rf: is(0),
          mf: is(0),
          offset: is(0),
          ...proto,
          checksum: { kind: "good" },
        };
      }
      case "icmp":
        return isInQuote(layers, n) ? {} : { checksum: { kind: "good" }, ...unused(layers[n]!) };
      case "udp":
        return isInQuote(layers, n) ? {} : { length: is(this.#end - at), checksum: { kind: "good" } };
      default:
        return {};
    }
  }

  /** The total length: exact where the script says what the datagram holds, else no more than came. */
  #length(layers: readonly Layer[], n: number, at: number): Pattern {
    const header = ipv4.headerLength(this.#bytes, at);
    let length = header;
    for (const { kind, fields, data } of layers.slice(n + 1)) {
      if (kind !== "data") {
        length += headerLength(kind, said(fields.get("type")?.pattern) ?? 8);
        continue;
      }
      const value = data?.kind === "is" ? this.#known(data) : undefined;
      if (value === undefined || typeof value === "number") break;
      return is(length + value.length);
    }
    return { kind: "range", low: length, high: this.#bytes.length - at };
  }

  #known(pattern: Extract<Pattern, { kind: "is" }>): Value | undefined {
    const { operand } = pattern;
    if (operand.kind === "variable" && !this.#context.variables.has(operand.name)) return undefined;
    return evaluate(operand, this.#context.variables);
  }

  #destination(layers: readonly Layer[]): Pattern {
    const { segment } = this.#context;
    const inner = layers.find(({ kind }) => kind === "arp" || kind === "ip");
    if (inner === undefined) return ANY;
    const offset = headerLength("eth") + layers.filter(({ kind }) => kind === "vlan").length * headerLength("vlan");
    if (this.#bytes.length < offset + headerLength(inner.kind)) return ANY;
    if (inner.kind === "ip") {
      const mac = nextHopMac(this.#context, readField(this.#bytes, offset, LAYERS.ip.dst!));
      return mac === null ? ANY : is(mac);
    }
    if (said(inner.fields.get("op")?.pattern) === 1) return is(BROADCAST_MAC);
    const tha = inner.fields.get("tha");
    if (tha !== undefined) return tha.pattern;
    const to = segment.stations.get(readField(this.#bytes, offset, LAYERS.arp.tpa!));
    return to === undefined ? ANY : is(to);
  }

  #options(layer: Layer, at: number, next: Layer | undefined): number {
    const length = ipv4.headerLength(this.#bytes, at);
    const named = layer.fields.get("options");
    const seen = this.#bytes.slice(at + IP_HEADER, Math.max(at + IP_HEADER, Math.min(at + length, this.#end)));
    if (named !== undefined || !layer.fields.has("ihl"))
      this.#check("ip.options", padded(named?.pattern ?? is(new Uint8Array(0))), seen, "bytes", named !== undefined);
    const proto = readField(this.#bytes, at, LAYERS.ip.proto!);
    const wanted = next === undefined ? undefined : PROTOCOL[next.kind];
    return wanted !== undefined && wanted !== proto ? -1 : at + length;
  }

  #quote({ quote }: Layer, at: number): number {
    const datagram = datagramIn(this.#context, quote!.name);
    const least = Math.min(datagram.length, quote!.bytes ?? ipv4.headerLength(datagram, 0) + 8);
    const seen = this.#bytes.slice(at, this.#end);
    const wanted = datagram.subarray(0, Math.max(least, Math.min(seen.length, datagram.length)));
    const isWhole =
      quote!.bytes === null ? seen.length >= least && seen.length <= datagram.length : seen.length === least;
    const isOk = isWhole && sameValue(wanted, seen);
    const size = quote!.bytes === null ? `${least} bytes or more` : `${least} bytes`;
    this.#rows.push(row("quote", `${size} ${formatValue(wanted, "bytes")}`, formatValue(seen, "bytes"), isOk, true));
    return this.#end;
  }

  #check(field: string, pattern: Pattern, seen: Value, format: Format, named: boolean): void {
    const { variables } = this.#context;
    const known: typeof variables = this.#captured.size === 0 ? variables : new Map([...variables, ...this.#captured]);
    let ok = true;
    if (pattern.kind === "range") ok = typeof seen === "number" && seen >= pattern.low && seen <= pattern.high;
    else if (pattern.kind === "is" || pattern.kind === "not") {
      const { operand } = pattern;
      if (operand.kind === "variable" && operand.plus === 0 && !known.has(operand.name)) {
        this.#captured.set(operand.name, seen);
        this.#rows.push(row(field, `$${operand.name}`, formatValue(seen, format), true, named));
        return;
      }
      ok = sameValue(evaluate(operand, known), seen) === (pattern.kind === "is");
    }
    const wanted = pattern.kind === "is" ? evaluate(pattern.operand, known) : 0;
    if (!ok && typeof seen !== "number" && typeof wanted !== "number") {
      const at = seen.findIndex((byte, i) => byte !== wanted[i]);
      const from = Math.max(0, at < 0 ? Math.min(seen.length, wanted.length) : at);
      this.#rows.push(row(field, bytesFrom(wanted, from), bytesFrom(seen, from), ok, named));
      return;
    }
    const expected = withName(field, formatPattern(pattern, format, known));
    this.#rows.push(row(field, expected, withName(field, formatValue(seen, format)), ok, named));
  }

  /** A layer that the frame does not have. */
  #absent({ kind, fields, data, quote }: Layer): void {
    const { variables } = this.#context;
    if (data !== undefined) this.#rows.push(row("data", formatPattern(data, "bytes", variables), "-", false, true));
    if (quote !== undefined) this.#rows.push(row("quote", `of ${quote.name}`, "-", false, true));
    for (const [name, { pattern }] of fields) {
      const format = LAYERS[kind][name]?.format ?? "bytes";
      this.#rows.push(row(`${kind}.${name}`, formatPattern(pattern, format, variables), "-", false, true));
    }
  }
}

function typeOf(next: Layer["kind"] | undefined): Pattern {
  const type = next === undefined ? undefined : NEXT_TYPE[next];
  return type === undefined ? ANY : is(type);
}

/** The number that a pattern says, if it says one. */
function said(pattern: Pattern | undefined): number | undefined {
  if (pattern?.kind !== "is" || pattern.operand.kind !== "value") return undefined;
  const { value } = pattern.operand;
  return typeof value === "number" ? value : undefined;
}

function isInQuote(layers: readonly Layer[], n: number): boolean {
  return layers.slice(0, n).some(({ kind }) => kind === "icmp");
}

/** RFC 792: the second word of these errors is unused and zero. */
function unused({ fields }: Layer): Record<string, Pattern> {
  const type = said(fields.get("type")?.pattern);
  const code = said(fields.get("code")?.pattern);
  const isUnused = type === 11 || (type === 3 && code !== undefined && code !== 4);
  const isNamed = ["word", "mtu", "id", "seq", "pointer", "gateway"].some((name) => fields.has(name));
  return isUnused && !isNamed ? { word: is(0) } : {};
}

/** Bytes that differ from others at `from`. */
function bytesFrom(bytes: Uint8Array, from: number): string {
  if (from < MAX_ROW_BYTES) return formatValue(bytes, "bytes");
  const rest = bytes.length > from + MAX_ROW_BYTES ? "…" : "";
  return `${bytes.length} bytes, [${from}] ${toHex(bytes.subarray(from, from + MAX_ROW_BYTES))}${rest}`;
}

const NAMES: Readonly<Record<string, (value: number) => string>> = {
  "eth.type": etherTypeName,
  "arp.op": operationName,
  "ip.proto": ipv4.protocolName,
  "icmp.type": typeName,
};

/** `0 (echo reply)`: numbers that have names, as far as they have. */
function withName(field: string, text: string): string {
  const name = /^(\d+|0x[0-9a-f]+)$/.test(text) ? (NAMES[field]?.(Number(text)) ?? "") : "";
  return name === "" || name.includes(text) || name.includes(String(Number(text))) ? text : `${text} (${name})`;
}

/** Options are filled up with zeros to whole words. */
function padded(pattern: Pattern): Pattern {
  if (pattern.kind !== "is" || pattern.operand.kind !== "value") return pattern;
  const { value } = pattern.operand;
  if (typeof value === "number" || value.length % 4 === 0) return pattern;
  const whole = new Uint8Array((value.length + 3) & ~3);
  whole.set(value);
  return is(whole);
}
