/** What a field is given, or expected to hold. */
import { fromHex, toHex } from "../../packets/bytes.ts";
import * as ipv4 from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import type { Words } from "./tokens.ts";

/** Numbers are unsigned, IPv4 addresses 32 bits and MAC addresses 48 bits wide; the rest is bytes. */
export type Value = number | Uint8Array;

/** How a field is written. */
export type Format = "number" | "hex" | "ip" | "mac" | "bytes";

/** A value as a script writes it: known, or found in a variable when the line is run. */
export type Operand =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "variable"; readonly name: string; readonly plus: number };

export type Pattern =
  /** `*`: anything; where a value must be given, the usual one. */
  | { readonly kind: "any" }
  | { readonly kind: "is"; readonly operand: Operand }
  /** `!X` */
  | { readonly kind: "not"; readonly operand: Operand }
  /** `A..B`, both included. */
  | { readonly kind: "range"; readonly low: number; readonly high: number }
  /** Of checksums: what it must be, or something else. */
  | { readonly kind: "good" }
  | { readonly kind: "bad" };

export const ANY: Pattern = { kind: "any" };

export function is(value: Value): Pattern {
  return { kind: "is", operand: { kind: "value", value } };
}

/** What variables hold, by name without the dollar sign. */
export type Variables = Map<string, Value>;

/** A failure that is the script's own, met while it runs. */
export class ScriptFault extends Error {
  override readonly name = "ScriptFault";
}

/** @throws {ScriptFault} for a variable that holds nothing yet, or bytes that a number is added to. */
export function evaluate(operand: Operand, variables: Variables): Value {
  if (operand.kind === "value") return operand.value;
  const value = variables.get(operand.name);
  if (value === undefined) throw new ScriptFault(`$${operand.name} holds nothing yet`);
  if (operand.plus === 0) return value;
  if (typeof value !== "number") throw new ScriptFault(`$${operand.name} is no number that could be added to`);
  return value + operand.plus;
}

const VARIABLE = /^\$([A-Za-z_][\w.]*)([+-]\d+)?$/;
const MAC = /^[0-9A-Fa-f]{1,2}(:[0-9A-Fa-f]{1,2}){5}$/;
const IP = /^\d+\.\d+\.\d+\.\d+$/;

/** Reads a pattern for a field of this format. */
export function parsePattern(words: Words, format: Format, bits: number, field: string): Pattern {
  const column = words.column;
  if (words.isString) {
    if (format !== "bytes") words.fail(`${field} is no string`);
    return is(new TextEncoder().encode(words.take("a string")));
  }
  const text = words.take(`a value for ${field}`);
  if (text === "*") return ANY;
  if (field === "checksum" && (text === "good" || text === "bad")) return { kind: text };
  if (text.startsWith("!"))
    return { kind: "not", operand: parseOperand(words, text.slice(1), format, bits, field, column) };
  const range = /^(0x[0-9A-Fa-f]+|\d+)\.\.(0x[0-9A-Fa-f]+|\d+)$/.exec(text);
  if (range !== null && format !== "ip" && format !== "mac") {
    const [low, high] = [Number(range[1]), Number(range[2])];
    if (high < low) words.fail(`the range ${text} ends before it begins`, column);
    return { kind: "range", low, high };
  }
  return { kind: "is", operand: parseOperand(words, text, format, bits, field, column) };
}

/** Reads one value, no pattern. */
export function parseOperand(
  words: Words,
  text: string,
  format: Format,
  bits: number,
  field: string,
  column: number,
): Operand {
  const variable = VARIABLE.exec(text);
  if (variable !== null) return { kind: "variable", name: variable[1]!, plus: Number(variable[2] ?? 0) };
  return { kind: "value", value: parseValue(words, text, format, bits, field, column) };
}

function parseValue(words: Words, text: string, format: Format, bits: number, field: string, column: number): Value {
  const wrong = (what: string): never => words.fail(`${field} takes ${what}, not \`${text}\``, column);
  if (format === "mac") {
    const named = { broadcast: mac.BROADCAST, zero: mac.ZERO }[text];
    const address = named ?? (MAC.test(text) ? mac.parse(text) : null);
    return address === null ? wrong("a MAC address such as 02:00:00:00:00:02") : macNumber(address);
  }
  if (format === "ip") {
    const address = IP.test(text) ? ipv4.parse(text) : null;
    return address === null ? wrong("an IPv4 address such as 10.0.0.2") : address >>> 0;
  }
  if (format === "bytes") {
    try {
      return fromHex(text);
    } catch {
      return wrong("bytes in hexadecimal digits");
    }
  }
  if (!/^(0x[0-9A-Fa-f]+|\d+)$/.test(text)) return wrong("a number");
  const value = Number(text);
  if (value >= 2 ** bits) return wrong(`at most ${2 ** bits - 1}`);
  return value;
}

export function macNumber(bytes: Uint8Array): number {
  return mac.high16(bytes, 0) * 2 ** 32 + (mac.low32(bytes, 0) >>> 0);
}

export function macBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(mac.LENGTH);
  for (let i = 5, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}

/** A value for people. */
export function formatValue(value: Value, format: Format): string {
  if (typeof value !== "number") return formatBytes(value);
  if (format === "mac") return mac.format(macBytes(value));
  if (format === "ip") return ipv4.format(value | 0);
  return format === "hex" ? `0x${value.toString(16).padStart(4, "0")}` : String(value);
}

const SHOWN = 24;

function formatBytes(bytes: Uint8Array): string {
  const more = bytes.length > SHOWN ? "…" : "";
  return `${bytes.length} bytes ${toHex(bytes.subarray(0, SHOWN))}${more}`;
}

export function formatPattern(pattern: Pattern, format: Format, variables: Variables): string {
  switch (pattern.kind) {
    case "any":
      return "*";
    case "range":
      return `${pattern.low}..${pattern.high}`;
    case "good":
    case "bad":
      return pattern.kind;
    case "not":
      return `!${formatOperand(pattern.operand, format, variables)}`;
    case "is":
      return formatOperand(pattern.operand, format, variables);
  }
}

function formatOperand(operand: Operand, format: Format, variables: Variables): string {
  if (operand.kind === "variable" && !variables.has(operand.name)) return `$${operand.name}`;
  return formatValue(evaluate(operand, variables), format);
}

export function sameValue(a: Value, b: Value): boolean {
  if (typeof a === "number" || typeof b === "number") return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
