/** claim's lines: what happens and why, in words that can be read out to a class. */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import type { AcdOptions, ConflictKind, Defence } from "../../stack/claim/acd-options.ts";
import type { ClaimConflict, ClaimWaits } from "../../stack/observer.ts";

/** `1.5 s`: as many places as it takes, three at most. */
export function secondsText(ms: number): string {
  return `${Math.round(ms) / 1000} s`;
}

/** The address and what it says of its owner: whether it was made up, or which maker's number it begins with. */
export function stationText(address: Uint8Array): string {
  const text = mac.format(address);
  return `${text} (${mac.isLocal(address, 0) ? "locally administered" : `OUI ${text.slice(0, 8)}`})`;
}

/** What the beginning promises. */
export function planText(options: AcdOptions): string {
  const { probeWaitMs, probeNum, probeMinMs, probeMaxMs, announceWaitMs, announceNum } = options;
  const shortest = (probeNum - 1) * probeMinMs + announceWaitMs;
  const longest = probeWaitMs + (probeNum - 1) * probeMaxMs + announceWaitMs;
  return `${probeNum} probes, ${announceNum} announcements; it takes ${secondsText(shortest)} to ${secondsText(longest)} if nobody objects`;
}

/** What follows a line about something that was sent, or stands in one of its own. */
export function waitText({ ms, for: step }: ClaimWaits): string {
  const time = secondsText(ms);
  switch (step) {
    case "start":
      return `too many conflicts here: the next attempt in ${time} (RFC 5227, 2.1.1)`;
    case "first-probe":
      return `a random wait of ${time}, so that hosts that start together do not probe together`;
    case "announcement":
      return `listening ${time} more`;
    default:
      return `the next in ${time}`;
  }
}

const HOW: Readonly<Record<ConflictKind, string>> = {
  request: "asks as",
  reply: "answers as",
  announcement: "announces",
  probe: "probes for",
};

/** The conflict itself. */
export function conflictText({ mac: who, seen, ip }: ClaimConflict): string {
  return `${stationText(who)} ${HOW[seen]} ${ipv4.format(ip)}${seen === "probe" ? " as well" : ""}`;
}

/** What is done about it, and why. @param wasOurs the address was in use here. @param time the line's, in seconds. */
export function responseText(
  { response, seen }: ClaimConflict,
  wasOurs: boolean,
  defence: Defence,
  { defendIntervalMs }: AcdOptions,
): string {
  const interval = secondsText(defendIntervalMs);
  if (response === "defended")
    return defence === "always"
      ? `defended by an announcement: it is never given up, and defended once in ${interval} (2.4 c)`
      : `defended by an announcement; another conflict within ${interval} would be the end (2.4 b)`;
  if (response === "ignored") return `kept, and no word: it was defended less than ${interval} ago (2.4 c)`;
  if (!wasOurs)
    return seen === "probe"
      ? "given up: two that want it must not both have it (2.1.1)"
      : "given up: it is in use (2.1.1)";
  if (defence === "never") return "given up at once (2.4 a)";
  return `given up: the second conflict within ${interval} (2.4 b)`;
}

/**
 * Breaks text at spaces into lines of `width` columns at most; colours take none. A longer word stands alone, and a number
 * keeps its unit.
 */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/ (?!s\b)/)) {
    if (line !== "" && columns(line) + 1 + columns(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function columns(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what takes no room.
  return text.replace(/\x1b\[\d+m/g, "").length;
}
