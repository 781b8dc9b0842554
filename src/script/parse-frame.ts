/** Reads the frame in a script's line: layers one after the other, a colon between them, as in tcpdump's lines. */
import { fromHex } from "../../packets/bytes.ts";
import type { Field, FrameSpec, Layer, Trailer } from "./frame.ts";
import { ICMP_WORDS, type IcmpWord, LONGEST } from "./icmp-words.ts";
import { LAYERS, type LayerKind } from "./layers.ts";
import type { Words } from "./tokens.ts";
import { ANY, type Format, is, type Pattern, parseOperand, parsePattern } from "./value.ts";

/** Words after a frame. */
const AFTER = new Set(["within", "for", "as"]);
const FLAGS = ["df", "mf", "rf", "dei"];
const KINDS = ["eth", "vlan", "arp", "ip", "icmp", "udp", "data", "quoting"];
const MAX_FRAME = 65_549;

/** @throws {ScriptError} on what is no frame. */
export function parseFrame(words: Words): FrameSpec {
  if (words.accept("raw")) return { kind: "raw", bytes: hexWords(words) };
  if (words.accept("fragment")) return fragment(words);
  if (words.peek().startsWith("$")) return { kind: "copy", name: words.take("a variable").slice(1) };
  const layers: Layer[] = [];
  do {
    layer(words, layers);
  } while (words.accept(":"));
  const trailer = parseTrailer(words);
  if (layers[0]?.kind !== "eth") layers.unshift({ kind: "eth", column: layers[0]!.column, fields: new Map() });
  return { kind: "layers", layers, trailer };
}

function layer(words: Words, layers: Layer[]): void {
  const column = words.column;
  const kind = words.take("a frame: `arp`, `ip`, `eth`, `vlan`, `raw`, …");
  if (!isKind(kind))
    words.fail(`\`${kind}\` begins no frame: write ${KINDS.join(", ")}, raw, fragment or $NAME`, column);
  const before = layers.at(-1)?.kind;
  if (!follows(kind, before)) words.fail(`${kind} cannot follow ${before ?? "nothing"}`, column);
  if (kind === "data") {
    layers.push({ kind, column, fields: new Map(), data: parseData(words) });
    return;
  }
  if (kind === "quoting") {
    layers.push({ kind, column, fields: new Map(), quote: parseQuote(words) });
    return;
  }
  const fields = new Map<string, Field>();
  layers.push({ kind, column, fields });
  positional(words, kind, fields);
  for (;;) {
    const word = words.peek();
    if (words.isString || word === "" || word === ":" || word === "}" || AFTER.has(word)) return;
    if (word === "padded" || word === "cut") return;
    if (word === "data" || word === "quoting") {
      layer(words, layers);
      return;
    }
    named(words, kind, fields);
  }
}

function isKind(word: string): word is LayerKind {
  return KINDS.includes(word);
}

function follows(kind: LayerKind, before: LayerKind | undefined): boolean {
  switch (kind) {
    case "eth":
      return before === undefined;
    case "vlan":
      return before === undefined || before === "eth" || before === "vlan";
    case "arp":
      return before === undefined || before === "eth" || before === "vlan";
    case "ip":
      return before === undefined || before === "eth" || before === "vlan" || before === "icmp";
    case "icmp":
    case "udp":
      return before === "ip";
    case "quoting":
      return before === "icmp";
    default:
      return before !== undefined && before !== "data";
  }
}

/** What stands first in a layer without its field's name. */
function positional(words: Words, kind: LayerKind, fields: Map<string, Field>): void {
  const set = (name: string): void => setField(words, kind, fields, name);
  switch (kind) {
    case "eth":
    case "ip":
      set("src");
      words.demand(">", "between source and destination");
      set("dst");
      return;
    case "vlan":
      set("vid");
      return;
    case "udp":
      set("sport");
      words.demand(">", "between source and destination port");
      set("dport");
      return;
    case "arp":
      operation(words, fields);
      return;
    case "icmp":
      message(words, fields);
      return;
    default:
  }
}

function operation(words: Words, fields: Map<string, Field>): void {
  const column = words.column;
  const put = (name: string, pattern: Pattern): unknown => fields.set(name, { pattern, column });
  if (words.accept("request")) put("op", is(1));
  else if (words.accept("reply")) put("op", is(2));
  else if (words.accept("probe")) {
    // RFC 5227, 1.1: the sender's address is all zero, the target's MAC as well.
    put("op", is(1));
    put("spa", is(0));
    put("tha", is(0));
  } else if (words.accept("announcement")) {
    // RFC 5227, 1.1: a request with the sender's address in both places.
    put("op", is(1));
    put("tha", is(0));
    setField(words, "arp", fields, "spa");
    fields.set("tpa", fields.get("spa")!);
  } else if (words.peek() !== "op")
    words.fail("expected `request`, `reply`, `probe`, `announcement` or `op N` after arp");
}

function message(words: Words, fields: Map<string, Field>): void {
  const column = words.column;
  const word = parseMessage(words);
  if (word !== null) {
    fields.set("type", { pattern: is(word.type), column });
    if (word.code !== undefined) fields.set("code", { pattern: is(word.code), column });
  } else if (words.peek() !== "type") words.fail("expected a message such as `echo request`, or `type N`, after icmp");
}

/** An ICMP message in words; null, and nothing taken, if it is none. */
export function parseMessage(words: Words): IcmpWord | null {
  for (let length = LONGEST; length > 0; length--) {
    const phrase = Array.from({ length }, (_, i) => words.peek(i));
    const word = ICMP_WORDS[phrase.join(" ")];
    if (word === undefined) continue;
    words.accept(...phrase);
    return word;
  }
  return null;
}

function named(words: Words, kind: LayerKind, fields: Map<string, Field>): void {
  const column = words.column;
  const word = words.take("a field");
  if (kind === "arp" && wording(words, word, column, fields)) return;
  if (kind === "ip" && word === "options") {
    fields.set(word, { pattern: parsePattern(words, "bytes", 0, word), column });
    return;
  }
  if (LAYERS[kind][word] === undefined)
    words.fail(`${kind} has no field \`${word}\`: it has ${Object.keys(LAYERS[kind]).join(", ")}`, column);
  // A flag by itself is set.
  if (FLAGS.includes(word) && !/^!?[01*$]/.test(words.peek())) fields.set(word, { pattern: is(1), column });
  else setField(words, kind, fields, word);
}

/** ARP as tcpdump words it. @returns false for other words. */
function wording(words: Words, word: string, column: number, fields: Map<string, Field>): boolean {
  if (word === "who-has") setField(words, "arp", fields, "tpa");
  else if (word === "tell") setField(words, "arp", fields, "spa");
  else if (words.accept("is-at")) {
    fields.set("spa", { pattern: pattern(words, word, "ip", 32, "spa", column), column });
    setField(words, "arp", fields, "sha");
  } else return false;
  return true;
}

function setField(words: Words, kind: LayerKind, fields: Map<string, Field>, name: string): void {
  const { format, bits, scale = 1 } = LAYERS[kind][name]!;
  const column = words.column;
  const value = parsePattern(words, format, scale === 1 ? bits : 16, name);
  fields.set(name, { pattern: value, column });
}

/** A value whose word was taken already. */
function pattern(words: Words, text: string, format: Format, bits: number, name: string, column: number): Pattern {
  if (text === "*") return ANY;
  return { kind: "is", operand: parseOperand(words, text, format, bits, name, column) };
}

/** `data 56`, `data "text"`, `data hex 00ff`, `data zeros 8`, `data $d`, `data *`. */
export function parseData(words: Words): Pattern {
  if (words.accept("hex")) return is(hexWords(words));
  if (words.accept("zeros")) return is(new Uint8Array(count(words, "how many zeros")));
  const column = words.column;
  if (words.isString || words.peek() === "*" || words.peek().startsWith("$"))
    return parsePattern(words, "bytes", 0, "data");
  const text = words.peek();
  if (!/^\d+$/.test(text)) words.fail("data takes a number of bytes, a string, `hex …`, `zeros N`, $NAME or *", column);
  return is(Uint8Array.from({ length: count(words, "how many bytes") }, (_, i) => i));
}

function parseQuote(words: Words): NonNullable<Layer["quote"]> {
  const column = words.column;
  const name = words.take("`sent`, `seen` or $NAME after quoting");
  if (name !== "sent" && name !== "seen" && !name.startsWith("$"))
    words.fail(`quoting takes sent, seen or $NAME, not \`${name}\``, column);
  const bytes = /^\d+$/.test(words.peek()) ? count(words, "how many bytes") : null;
  if (bytes !== null) words.accept("bytes");
  return { name: name.replace("$", ""), bytes };
}

function parseTrailer(words: Words): Trailer {
  let trailer: Trailer = {};
  for (;;) {
    if (words.accept("padded", "to")) trailer = { ...trailer, padTo: count(words, "a length in bytes") };
    else if (words.accept("padded", "with")) trailer = { ...trailer, pad: hexWords(words) };
    else if (words.accept("padded")) trailer = { ...trailer, pad: new Uint8Array(count(words, "how many bytes")) };
    else if (words.accept("cut", "to")) trailer = { ...trailer, cutTo: count(words, "a length in bytes") };
    else return trailer;
  }
}

/** `fragment 0..64 of $d`, `fragment 64.. of $d`, then IP header fields. */
function fragment(words: Words): FrameSpec {
  const column = words.column;
  const text = words.take("the payload's bytes, such as 0..64");
  const range = /^(\d+)\.\.(\d+)?$/.exec(text);
  if (range === null) words.fail("a fragment's place is written 0..64, or 64.. for the last", column);
  words.demand("of", "after the fragment's place");
  const name = words.take("$NAME of a datagram");
  if (!name.startsWith("$")) words.fail("a fragment is one of a datagram: `fragment 0..64 of $d`");
  const fields = new Map<string, Field>();
  while (!words.done && !AFTER.has(words.peek()) && words.peek() !== "}") named(words, "ip", fields);
  const to = range[2] === undefined ? null : Number(range[2]);
  return { kind: "fragment", name: name.slice(1), from: Number(range[1]), to, fields };
}

/** Hexadecimal digits in one word or several. */
function hexWords(words: Words): Uint8Array {
  const column = words.column;
  let text = "";
  while (/^[0-9A-Fa-f]+$/.test(words.peek()) && !AFTER.has(words.peek())) text += words.take("bytes");
  if (text === "" || text.length % 2 !== 0) words.fail("expected bytes in hexadecimal digits, two for each", column);
  return fromHex(text);
}

function count(words: Words, what: string): number {
  const column = words.column;
  const text = words.take(what);
  const value = /^\d+$/.test(text) ? Number(text) : MAX_FRAME + 1;
  if (value > MAX_FRAME) words.fail(`expected ${what}, at most ${MAX_FRAME}, not \`${text}\``, column);
  return value;
}
