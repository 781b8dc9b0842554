/** The steps that the device takes itself: `host ping …`, `host forget neighbour …`. */
import type { HostAction } from "./script.ts";
import type { Words } from "./tokens.ts";
import { type Operand, parseOperand } from "./value.ts";

/** @throws {ScriptError} */
export function parseHost(words: Words): HostAction {
  if (words.accept("ping")) return ping(words);
  if (words.accept("forget", "neighbour")) return { kind: "forget", ip: address(words) };
  if (words.accept("forget", "neighbours")) return { kind: "forget", ip: null };
  if (words.accept("neighbour")) {
    const ip = address(words);
    words.accept("lladdr");
    const column = words.column;
    const mac = parseOperand(words, words.take("a MAC address"), "mac", 48, "lladdr", column);
    return { kind: "neighbour", ip, mac };
  }
  return words.fail("expected what the host does: ping, neighbour, forget neighbour or forget neighbours");
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

function integer(words: Words, what: string): number {
  const column = words.column;
  const text = words.take(`${what}'s value`);
  if (!/^\d+$/.test(text) || Number(text) > 0xffff)
    words.fail(`${what} is a number up to 65535, not \`${text}\``, column);
  return Number(text);
}

function address(words: Words): Operand {
  const column = words.column;
  return parseOperand(words, words.take("an address"), "ip", 32, "the address", column);
}
