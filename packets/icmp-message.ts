/**
 * ICMP messages as plain objects, for tools and tests; the hot path uses the accessors of icmp-header.ts. Each form that
 * a message can take declares its own header here.
 */
import { copyOf } from "./bytes.ts";
import { Fault } from "./fault.ts";
import * as icmp from "./icmp-header.ts";
import { Type } from "./icmp-types.ts";
import { type HeaderLayout, header } from "./layout.ts";

const START = { type: "u8", code: "u8", checksum: "u16" } as const;
const QUERY = { ...START, identifier: "u16", sequence: "u16" } as const;

/** The declared header that all messages share; what the second word means depends on the type. */
export const layout = header("icmp", { ...START, word: "u32" });
export const echoLayout = header("icmp-echo", QUERY);
export const unreachableLayout = header("icmp-unreachable", {
  ...START,
  unused: "u8",
  quotedLength: "u8",
  nextHopMtu: "u16",
});
export const timeExceededLayout = header("icmp-time-exceeded", {
  ...START,
  unused: "u8",
  quotedLength: "u8",
  unused2: "u16",
});
export const redirectLayout = header("icmp-redirect", { ...START, gateway: "ip" });
export const parameterProblemLayout = header("icmp-parameter-problem", {
  ...START,
  pointer: "u8",
  quotedLength: "u8",
  unused: "u16",
});
export const timestampLayout = header("icmp-timestamp", {
  ...QUERY,
  originate: "u32",
  receive: "u32",
  transmit: "u32",
});
export const addressMaskLayout = header("icmp-address-mask", { ...QUERY, mask: "ip" });
export const routerAdvertisementLayout = header("icmp-router-advertisement", {
  ...START,
  count: "u8",
  entrySize: "u8",
  lifetime: "u16",
});

/** What an error carries after its header: the beginning of the datagram that caused it. */
interface Quoting {
  code: number;
  quoted: Uint8Array;
}

interface Extensible extends Quoting {
  /** Length of the datagram's part of `quoted` in 32-bit words if extensions follow it, else 0 (RFC 4884). */
  quotedLength: number;
}

interface Query {
  code: number;
  identifier: number;
  sequence: number;
}

/** A message as a plain object, by `kind`; IPv4 addresses as signed 32-bit integers, times as in icmp-header.ts. */
export type IcmpMessage =
  | ({ kind: "echo-request" | "echo-reply"; data: Uint8Array } & Query)
  | ({ kind: "unreachable"; nextHopMtu: number } & Extensible)
  | ({ kind: "time-exceeded" } & Extensible)
  | ({ kind: "parameter-problem"; pointer: number } & Extensible)
  | ({ kind: "source-quench" } & Quoting)
  | ({ kind: "redirect"; gateway: number } & Quoting)
  | ({ kind: "timestamp-request" | "timestamp-reply"; originate: number; receive: number; transmit: number } & Query)
  | ({ kind: "address-mask-request" | "address-mask-reply"; mask: number } & Query)
  | { kind: "router-advertisement"; code: number; lifetime: number; routers: Router[] }
  | { kind: "router-solicitation"; code: number }
  | { kind: "other"; type: number; code: number; word: number; data: Uint8Array };

/** An entry of a router advertisement (RFC 1256); preference signed. */
export interface Router {
  address: number;
  preference: number;
}

/** Takes a message apart, or says with a fault why it cannot be. The checksum is not verified; unused bytes are left. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): IcmpMessage | Fault {
  const fault = icmp.check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const type = icmp.type(buf, off);
  const code = icmp.code(buf, off);
  const rest = copyOf(buf, off + icmp.DATA, end);
  switch (type) {
    case Type.EchoRequest:
    case Type.EchoReply: {
      const { identifier, sequence } = echoLayout.decode(buf, off);
      const kind = type === Type.EchoRequest ? "echo-request" : "echo-reply";
      return { kind, code, identifier, sequence, data: rest };
    }
    case Type.DestinationUnreachable: {
      const { quotedLength, nextHopMtu } = unreachableLayout.decode(buf, off);
      return { kind: "unreachable", code, nextHopMtu, quotedLength, quoted: rest };
    }
    case Type.TimeExceeded: {
      const { quotedLength } = timeExceededLayout.decode(buf, off);
      return { kind: "time-exceeded", code, quotedLength, quoted: rest };
    }
    case Type.ParameterProblem: {
      const { pointer, quotedLength } = parameterProblemLayout.decode(buf, off);
      return { kind: "parameter-problem", code, pointer, quotedLength, quoted: rest };
    }
    case Type.SourceQuench:
      return { kind: "source-quench", code, quoted: rest };
    case Type.Redirect:
      return { kind: "redirect", code, gateway: redirectLayout.decode(buf, off).gateway, quoted: rest };
    case Type.TimestampRequest:
    case Type.TimestampReply: {
      const { identifier, sequence, originate, receive, transmit } = timestampLayout.decode(buf, off);
      const kind = type === Type.TimestampRequest ? "timestamp-request" : "timestamp-reply";
      return { kind, code, identifier, sequence, originate, receive, transmit };
    }
    case Type.AddressMaskRequest:
    case Type.AddressMaskReply: {
      const { identifier, sequence, mask } = addressMaskLayout.decode(buf, off);
      const kind = type === Type.AddressMaskRequest ? "address-mask-request" : "address-mask-reply";
      return { kind, code, identifier, sequence, mask };
    }
    case Type.RouterAdvertisement: {
      const { count, lifetime } = routerAdvertisementLayout.decode(buf, off);
      const routers = Array.from({ length: count }, (_, i) => ({
        address: icmp.routerAddress(buf, off, i),
        preference: icmp.routerPreference(buf, off, i),
      }));
      return { kind: "router-advertisement", code, lifetime, routers };
    }
    case Type.RouterSolicitation:
      return { kind: "router-solicitation", code };
    default:
      return { kind: "other", type, code, word: layout.decode(buf, off).word, data: rest };
  }
}

const NO_BYTES = new Uint8Array(0);

/**
 * The bytes of a message, with its checksum; unused bytes are 0.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build(message: IcmpMessage): Uint8Array {
  const { code } = message;
  const start = (type: number) => ({ type, code, checksum: 0 });
  switch (message.kind) {
    case "echo-request":
      return assemble(echoLayout, { ...message, ...start(Type.EchoRequest) }, message.data);
    case "echo-reply":
      return assemble(echoLayout, { ...message, ...start(Type.EchoReply) }, message.data);
    case "unreachable":
      return assemble(
        unreachableLayout,
        { ...message, ...start(Type.DestinationUnreachable), unused: 0 },
        message.quoted,
      );
    case "time-exceeded":
      return assemble(
        timeExceededLayout,
        { ...message, ...start(Type.TimeExceeded), unused: 0, unused2: 0 },
        message.quoted,
      );
    case "parameter-problem":
      return assemble(
        parameterProblemLayout,
        { ...message, ...start(Type.ParameterProblem), unused: 0 },
        message.quoted,
      );
    case "source-quench":
      return assemble(layout, { ...start(Type.SourceQuench), word: 0 }, message.quoted);
    case "redirect":
      return assemble(redirectLayout, { ...message, ...start(Type.Redirect) }, message.quoted);
    case "timestamp-request":
      return assemble(timestampLayout, { ...message, ...start(Type.TimestampRequest) }, NO_BYTES);
    case "timestamp-reply":
      return assemble(timestampLayout, { ...message, ...start(Type.TimestampReply) }, NO_BYTES);
    case "address-mask-request":
      return assemble(addressMaskLayout, { ...message, ...start(Type.AddressMaskRequest) }, NO_BYTES);
    case "address-mask-reply":
      return assemble(addressMaskLayout, { ...message, ...start(Type.AddressMaskReply) }, NO_BYTES);
    case "router-advertisement": {
      const { lifetime, routers } = message;
      const fixed = { ...start(Type.RouterAdvertisement), count: routers.length, entrySize: 2, lifetime };
      return assemble(routerAdvertisementLayout, fixed, routerEntries(routers));
    }
    case "router-solicitation":
      return assemble(layout, { ...start(Type.RouterSolicitation), word: 0 }, NO_BYTES);
    case "other":
      return assemble(layout, { ...start(message.type), word: message.word }, message.data);
  }
}

const routerLayout = header("icmp-router", { address: "ip", preference: "ip" });

function routerEntries(routers: readonly Router[]): Uint8Array {
  const entries = new Uint8Array(routers.length * routerLayout.span);
  for (const [i, router] of routers.entries()) routerLayout.encode(router, entries, i * routerLayout.span);
  return entries;
}

function assemble<T>(declared: HeaderLayout<T>, fields: T, rest: Uint8Array): Uint8Array {
  const buf = new Uint8Array(declared.span + rest.length);
  declared.encode(fields, buf);
  buf.set(rest, declared.span);
  icmp.updateChecksum(buf, 0, buf.length);
  return buf;
}
