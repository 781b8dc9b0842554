/** The steps that the device takes itself (`host ping …`), and what its sockets are expected to give (`expect host udp …`). */
import * as ipv4 from "../../packets/ipv4-address.ts";
import { parseData, parseMessage } from "./parse-frame.ts";
import { parseSpan } from "./parse-time.ts";
import type { HostAction, SocketWish, Step } from "./script.ts";
import type { Words } from "./tokens.ts";
import { ANY, is, type Operand, type Pattern, parseOperand } from "./value.ts";

/** @throws {ScriptError} */
export function parseHost(words: Words): HostAction {
  if (words.accept("ping")) return ping(words);
  if (words.accept("udp", "bind")) return { kind: "udp-bind", port: integer(words, "a port") };
  if (words.accept("udp", "send")) return send(words);
  if (words.accept("add", "address")) return { kind: "address", prefix: prefix(words), isAdded: true };
  if (words.accept("remove", "address")) return { kind: "address", prefix: prefix(words), isAdded: false };
  if (words.accept("claim")) return claim(words);
  if (words.accept("forget", "neighbour")) return { kind: "forget", ip: address(words) };
  if (words.accept("forget", "neighbours")) return { kind: "forget", ip: null };
  if (words.accept("neighbour")) {
    const ip = address(words);
    words.accept("lladdr");
    const column = words.column;
    const mac = parseOperand(words, words.take("a MAC address"), "mac", 48, "lladdr", column);
    return { kind: "neighbour", ip, mac };
  }
  return words.fail(
    "expected what the host does: ping, udp bind, udp send, add address, remove address, claim, neighbour, forget neighbour(s)",
  );
}

const DEFENCES = ["never", "once", "always"] as const;

function claim(words: Words): HostAction {
  const claimed = prefix(words);
  if (!words.accept("defend")) return { kind: "claim", prefix: claimed, defence: "once" };
  const column = words.column;
  const word = words.take("never, once or always");
  const defence = DEFENCES.find((one) => one === word);
  if (defence === undefined) return words.fail(`an address is defended never, once or always, not \`${word}\``, column);
  return { kind: "claim", prefix: claimed, defence };
}

const CLAIM_STATES = ["limited", "waiting", "probing", "announcing", "claimed", "conflict", "lost", "released"];

/** What follows `expect claim`. @throws {ScriptError} */
export function parseClaimWish(words: Words): Step {
  const ip = address(words);
  const states: string[] = [];
  do {
    const column = words.column;
    const state = words.take("a claim's state");
    if (!CLAIM_STATES.includes(state))
      words.fail(`\`${state}\` is no state of a claim: there are ${CLAIM_STATES.join(", ")}`, column);
    states.push(state);
  } while (words.accept("or"));
  return { kind: "claim", ip, states };
}

/** What follows `expect host`. @throws {ScriptError} */
export function parseSocketWish(words: Words): Step {
  words.demand("udp", "and a port after `expect host`");
  const port = integer(words, "a port");
  if (words.accept("nothing"))
    return { kind: "socket", port, wish: { kind: "nothing" }, within: words.accept("for") ? parseSpan(words) : null };
  const wish = words.accept("error") ? errorWish(words) : dataWish(words);
  return { kind: "socket", port, wish, within: words.accept("within") ? parseSpan(words) : null };
}

function dataWish(words: Words): SocketWish {
  words.demand("receives", "or `error`, or `nothing`, after the port");
  const data = words.accept("data") ? parseData(words) : ANY;
  if (!words.accept("from")) return { kind: "data", data, from: null, fromPort: null };
  const from = address(words);
  const fromPort = /^\d+$/.test(words.peek()) ? integer(words, "a port") : null;
  return { kind: "data", data, from, fromPort };
}

function errorWish(words: Words): SocketWish {
  const { type, code } = parseMessage(words) ?? words.fail("expected an ICMP message such as `unreachable port`");
  const mtu = words.accept("mtu") ? integer(words, "an MTU") : null;
  const from = words.accept("from") ? address(words) : null;
  return { kind: "error", type, code: code ?? null, mtu, from };
}

function ping(words: Words): HostAction {
  const to = address(words);
  const numbers = { id: 1, seq: 1, data: 56, ttl: null as number | null };
  let discovery: "want" | "do" | "dont" = "want";
  while (!words.done) {
    const column = words.column;
    const word = words.take("an option of ping");
    if (word === "df") discovery = "do";
    else if (word === "nodf") discovery = "dont";
    else if (word === "id" || word === "seq" || word === "data" || word === "ttl") numbers[word] = integer(words, word);
    else words.fail(`ping takes id, seq, data, ttl, df and nodf, not \`${word}\``, column);
  }
  return { kind: "ping", to, ...numbers, discovery };
}

function send(words: Words): HostAction {
  const to = address(words);
  const port = integer(words, "a port");
  let from = 0;
  let ttl: number | null = null;
  let data: Pattern = is(new Uint8Array(0));
  let discovery: "want" | "do" | "dont" = "want";
  while (!words.done) {
    const column = words.column;
    if (words.accept("from")) from = integer(words, "a port");
    else if (words.accept("ttl")) ttl = integer(words, "ttl");
    else if (words.accept("df")) discovery = "do";
    else if (words.accept("nodf")) discovery = "dont";
    else if (words.accept("data")) data = parseData(words);
    else words.fail("udp send takes from, ttl, df, nodf and data after address and port", column);
  }
  return { kind: "udp-send", to, port, from, data, ttl, discovery };
}

function integer(words: Words, what: string): number {
  const column = words.column;
  const text = words.take(what);
  if (!/^\d+$/.test(text) || Number(text) > 0xffff)
    words.fail(`${what} is a number up to 65535, not \`${text}\``, column);
  return Number(text);
}

function address(words: Words): Operand {
  const column = words.column;
  return parseOperand(words, words.take("an address"), "ip", 32, "the address", column);
}

function prefix(words: Words): ipv4.Prefix {
  const column = words.column;
  const text = words.take("an address such as 10.0.0.9/24");
  return ipv4.parsePrefix(text) ?? words.fail(`an address is written 10.0.0.9/24, not \`${text}\``, column);
}
