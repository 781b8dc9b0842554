/** Makes the bytes of a frame that a script injects: what it does not say is as it should be, what it says is as it says. */
import { copyOf } from "../../packets/bytes.ts";
import * as checksum from "../../packets/checksum.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as udp from "../../packets/udp.ts";
import { BROADCAST_MAC, type FrameContext, groupMac, stationMac } from "./context.ts";
import type { Field, FrameSpec, Layer, Trailer } from "./frame.ts";
import { headerLength, IP_HEADER, LAYERS, NEXT_TYPE, PROTOCOL, writeField } from "./layers.ts";
import { evaluate, type Pattern, ScriptFault, type Value } from "./value.ts";

const ETH = 14;
const MAX_OPTIONS = 40;

/** @throws {ScriptFault} on a variable that holds nothing, or a value that cannot be sent. */
export function buildFrame(spec: FrameSpec, context: FrameContext): Uint8Array {
  switch (spec.kind) {
    case "raw":
      return spec.bytes;
    case "copy":
      return frameIn(context, spec.name);
    case "fragment":
      return buildFragment(spec, context);
    case "layers":
      return withTrailer(new Builder(spec.layers, context).build(), spec.trailer);
  }
}

/** The frame that a variable holds. @throws {ScriptFault} if it holds none. */
export function frameIn({ variables }: FrameContext, name: string): Uint8Array {
  const value = variables.get(name);
  if (value === undefined) throw new ScriptFault(`$${name} holds no frame yet`);
  if (typeof value === "number") throw new ScriptFault(`$${name} holds a number, not a frame`);
  return value;
}

/** The IPv4 datagram in a frame, as long as its header says. @throws {ScriptFault} if there is none. */
export function datagramIn(context: FrameContext, name: string): Uint8Array {
  const frame = frameIn(context, name);
  let at = ETH;
  while (frame[at - 2] === 0x81 && frame[at - 1] === 0 && frame.length > at + 4) at += 4;
  if (frame[at - 2] !== 8 || frame[at - 1] !== 0 || frame.length < at + IP_HEADER)
    throw new ScriptFault(`$${name} holds no IPv4 datagram`);
  return copyOf(frame, at, Math.min(frame.length, at + Math.max(IP_HEADER, ipv4.totalLength(frame, at))));
}

function withTrailer(frame: Uint8Array, { pad, padTo = 0, cutTo = Number.POSITIVE_INFINITY }: Trailer): Uint8Array {
  const length = Math.max(frame.length + (pad?.length ?? 0), padTo);
  const whole = new Uint8Array(length);
  whole.set(frame);
  if (pad !== undefined) whole.set(pad, frame.length);
  return whole.slice(0, Math.min(length, cutTo));
}

function numberOf(pattern: Pattern, context: FrameContext, name: string): number {
  const value = oneValue(pattern, context, name);
  if (typeof value !== "number") throw new ScriptFault(`${name} is a number, not bytes`);
  return value;
}

function oneValue(pattern: Pattern, { variables }: FrameContext, name: string): Value {
  if (pattern.kind === "is") return evaluate(pattern.operand, variables);
  throw new ScriptFault(`${name}: what is injected has one value, not a choice`);
}

class Builder {
  readonly #layers: readonly Layer[];
  readonly #context: FrameContext;

  constructor(layers: readonly Layer[], context: FrameContext) {
    this.#layers = layers;
    this.#context = context;
  }

  build(): Uint8Array {
    return this.#from(0, 0, 0);
  }

  /** The layers from the n-th on; `src` and `dst` are the IPv4 addresses above, for a checksum that counts them. */
  #from(n: number, src: number, dst: number): Uint8Array {
    const layer = this.#layers[n];
    if (layer === undefined) return new Uint8Array(0);
    switch (layer.kind) {
      case "data": {
        const data = oneValue(layer.data!, this.#context, "data");
        if (typeof data === "number") throw new ScriptFault("data takes bytes, not a number");
        return data;
      }
      case "quoting":
        return this.#quote(layer);
      case "ip":
        return this.#ip(layer, n);
      case "icmp":
        return this.#icmp(layer, n);
      case "udp":
        return this.#udp(layer, n, src, dst);
      default:
        return this.#plain(layer, n);
    }
  }

  #field({ fields }: Layer, name: string): number | undefined {
    const field = fields.get(name);
    if (field === undefined || field.pattern.kind === "any") return undefined;
    return field.pattern.kind === "good" || field.pattern.kind === "bad"
      ? undefined
      : numberOf(field.pattern, this.#context, name);
  }

  /** Header with defaults, then what the script says, then the payload. */
  #assemble(layer: Layer, length: number, defaults: Readonly<Record<string, number>>, payload: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(length + payload.length);
    bytes.set(payload, length);
    const table = LAYERS[layer.kind];
    for (const [name, value] of Object.entries(defaults)) writeField(bytes, 0, table[name]!, value);
    for (const name of layer.fields.keys()) {
      const value = table[name] === undefined ? undefined : this.#field(layer, name);
      if (value !== undefined) writeField(bytes, 0, table[name]!, value);
    }
    return bytes;
  }

  /** Ethernet, VLAN tag, ARP: no field depends on the bytes that follow. */
  #plain(layer: Layer, n: number): Uint8Array {
    const payload = this.#from(n + 1, 0, 0);
    return this.#assemble(layer, headerLength(layer.kind), this.#defaults(layer, n), payload);
  }

  #defaults(layer: Layer, n: number): Record<string, number> {
    if (layer.kind === "arp") return this.#arp(layer);
    const type = NEXT_TYPE[this.#layers[n + 1]?.kind ?? "data"] ?? 0;
    if (layer.kind === "vlan") return { type };
    const { segment } = this.#context;
    const inner = this.#layers.find(({ kind }) => kind === "arp" || kind === "ip");
    if (inner?.kind === "ip") {
      const dst = this.#field(inner, "dst") ?? 0;
      const src = stationMac(segment, this.#field(inner, "src") ?? 0);
      return { dst: groupMac(segment, dst) ?? segment.deviceMac, src, type };
    }
    const src = stationMac(segment, inner === undefined ? 0 : (this.#field(inner, "spa") ?? 0));
    const isRequest = inner !== undefined && (this.#field(inner, "op") ?? 1) === 1;
    return { dst: isRequest ? BROADCAST_MAC : segment.deviceMac, src, type };
  }

  #arp(layer: Layer): Record<string, number> {
    const { segment } = this.#context;
    const eth = this.#layers[0]!;
    const own = segment.prefixes[0] === undefined ? 0 : segment.prefixes[0].address >>> 0;
    const peer = segment.stations.keys().next().value ?? 0;
    const sha = this.#field(eth, "src") ?? stationMac(segment, this.#field(layer, "spa") ?? 0);
    const isRequest = this.#field(layer, "op") === 1;
    const tha = isRequest ? 0 : segment.deviceMac;
    return { htype: 1, ptype: 0x0800, hlen: 6, plen: 4, op: 1, sha, spa: peer, tha, tpa: own };
  }

  #ip(layer: Layer, n: number): Uint8Array {
    const src = this.#field(layer, "src") ?? 0;
    const dst = this.#field(layer, "dst") ?? 0;
    const payload = this.#from(n + 1, src, dst);
    const given = layer.fields.get("options")?.pattern;
    const options =
      given === undefined || given.kind === "any" ? new Uint8Array(0) : oneValue(given, this.#context, "options");
    if (typeof options === "number" || options.length > MAX_OPTIONS)
      throw new ScriptFault(`options take at most ${MAX_OPTIONS} bytes`);
    const length = IP_HEADER + ((options.length + 3) & ~3);
    const next = this.#layers[n + 1]?.kind ?? "data";
    const bytes = this.#assemble(
      layer,
      length,
      // 253 is for experiments (RFC 3692).
      { version: 4, ihl: length / 4, length: length + payload.length, ttl: 64, proto: PROTOCOL[next] ?? 253 },
      payload,
    );
    bytes.set(options, IP_HEADER);
    this.#sum(layer, bytes, () => checksum.checksum(bytes, 0, length));
    return bytes;
  }

  #icmp(layer: Layer, n: number): Uint8Array {
    const payload = this.#from(n + 1, 0, 0);
    const bytes = this.#assemble(layer, headerLength("icmp", this.#field(layer, "type")), {}, payload);
    this.#sum(layer, bytes, () => checksum.checksum(bytes, 0, bytes.length));
    return bytes;
  }

  #udp(layer: Layer, n: number, src: number, dst: number): Uint8Array {
    const payload = this.#from(n + 1, src, dst);
    const bytes = this.#assemble(layer, 8, { length: 8 + payload.length }, payload);
    // Over the bytes there are: a length that lies does not change it.
    const said = udp.length(bytes, 0);
    this.#sum(layer, bytes, () => {
      udp.setLength(bytes, 0, bytes.length);
      udp.updateChecksum(bytes, 0, src | 0, dst | 0);
      udp.setLength(bytes, 0, said);
      return udp.checksum(bytes, 0);
    });
    return bytes;
  }

  /** Fills in the checksum unless the script gives one. */
  #sum(layer: Layer, bytes: Uint8Array, compute: () => number): void {
    const table = LAYERS[layer.kind].checksum!;
    const given = layer.fields.get("checksum")?.pattern.kind ?? "good";
    if (given === "is") return;
    writeField(bytes, 0, table, 0);
    const good = compute();
    writeField(bytes, 0, table, given === "bad" ? good ^ 0x5555 : good);
  }

  #quote({ quote }: Layer): Uint8Array {
    const datagram = datagramIn(this.#context, quote!.name);
    return datagram.slice(0, quote!.bytes ?? ipv4.headerLength(datagram, 0) + 8);
  }
}

function buildFragment(
  { name, from, to, fields }: Extract<FrameSpec, { kind: "fragment" }>,
  context: FrameContext,
): Uint8Array {
  const frame = frameIn(context, name);
  const datagram = datagramIn(context, name);
  const header = ipv4.headerLength(datagram, 0);
  const payload = datagram.slice(header + from, to === null ? datagram.length : header + to);
  const bytes = new Uint8Array(ETH + header + payload.length);
  bytes.set(frame.subarray(0, ETH));
  bytes.set(datagram.subarray(0, header), ETH);
  bytes.set(payload, ETH + header);
  ipv4.setTotalLength(bytes, ETH, header + payload.length);
  ipv4.setFragment(bytes, ETH, to === null ? 0 : ipv4.Flag.MoreFragments, from);
  for (const [field, { pattern }] of fields) setNamed(bytes, field, { pattern, column: 0 }, context);
  const sum = fields.get("checksum")?.pattern.kind ?? "good";
  if (sum === "is") return bytes;
  ipv4.updateChecksum(bytes, ETH);
  if (sum === "bad") ipv4.setHeaderChecksum(bytes, ETH, ipv4.headerChecksum(bytes, ETH) ^ 0x5555);
  return bytes;
}

function setNamed(bytes: Uint8Array, name: string, { pattern }: Field, context: FrameContext): void {
  const table = LAYERS.ip[name];
  if (table === undefined || pattern.kind === "good" || pattern.kind === "bad" || pattern.kind === "any") return;
  writeField(bytes, ETH, table, numberOf(pattern, context, name));
}
