/**
 * Who claims which address, by ARP or by neighbor discovery: addresses that move or have two owners, stations that stand
 * in for others, forgeries.
 */
import type { Draft, Subject } from "./explanation.ts";
import type { Claim } from "./facts.ts";
import { Memory } from "./memory.ts";
import { count, hashes } from "./words.ts";

/** What the explanation has found out about a packet's claim. */
export interface Claiming {
  /** It answers a question that was seen. */
  isAnswer: boolean;
  /** Somebody else has answered the same question. */
  isSecondAnswer: boolean;
}

/** A claim, and how it was made. */
export interface Claimed extends Claiming {
  readonly ip: string;
  readonly mac: string;
  readonly how: Claim["how"];
  /** To everybody, by an announcement. */
  readonly isAnnounced: boolean;
  /** By a reply to one station. */
  readonly isReply: boolean;
}

/** Who was last heard to have an address. */
interface Owner {
  readonly mac: string;
  readonly number: number;
  readonly time: number;
  /** Who had it before that, or empty. */
  readonly previous: string;
}

/** Addresses that a station has spoken for, each with a frame. */
interface Station {
  /** By replies that somebody asked for. */
  readonly answered: Map<string, number>;
  /** That others had before. */
  readonly taken: Map<string, number>;
}

/** Addresses that are remembered of one station. */
const PER_STATION = 8;
/** RFC 5227, 2.4: the time within which a station defends its address once. */
const DEFENDING = 10e9;

export class Owners {
  private readonly owners: Memory<string, Owner>;
  private readonly stations: Memory<string, Station>;

  constructor(memory: number) {
    this.owners = new Memory(memory);
    this.stations = new Memory(memory);
  }

  /** Takes in a claim, and adds to the draft what is odd about it. */
  claim(subject: Subject, draft: Draft, claimed: Claimed): void {
    const { number, time, segment } = subject;
    const { ip, mac, how } = claimed;
    subject.observe?.({ type: "claim", segment, mac, ip, number, time, how });
    const before = this.owners.get(segment + ip);
    const isChanged = before !== undefined && before.mac !== mac;
    const previous = isChanged ? before.mac : (before?.previous ?? "");
    this.owners.set(segment + ip, { mac, number, time, previous });
    const station = this.station(segment + mac);
    if (isChanged) explainChange(subject, draft, claimed, before, station);
    else if (claimed.isAnswer) explainAnswering(draft, station, ip, number);
  }

  private station(id: string): Station {
    const known = this.stations.get(id);
    if (known !== undefined) return known;
    const station = { answered: new Map<string, number>(), taken: new Map<string, number>() };
    this.stations.set(id, station);
    return station;
  }
}

function explainChange(subject: Subject, draft: Draft, claimed: Claimed, before: Owner, station: Station): void {
  const { ip, mac } = claimed;
  const since = `by #${before.number}, ${ip} is at ${before.mac}`;
  if (claimed.isSecondAnswer) {
    draft.find("duplicate-address", `Conflict: ${since}.`, before.number);
    return;
  }
  if (before.previous === mac) {
    draft.find("duplicate-address", `Conflict: ${since}; both claim it in turn.`, before.number);
    if (claimed.isAnnounced && subject.time - before.time <= DEFENDING) {
      draft.find("address-defended", "It defends its address by announcing it once more (RFC 5227, 2.4).");
    }
    return;
  }
  remember(station.taken, ip, subject.number);
  const others = [...station.taken].filter(([one]) => one !== ip);
  if (others.length > 0) {
    const which = others.map(([one, number]) => `${one} (#${number})`).join(", ");
    const text = `Conflict: ${since}. ${mac} has taken over ${which} as well: so does one who wants to read what others send.`;
    draft.find("arp-spoofing", text, before.number, ...others.map(([, number]) => number));
  } else if (claimed.isReply && !claimed.isAnswer) {
    const text = `Conflict: ${since}. Forgeries look so: an answer that nobody asked for changes an owner.`;
    draft.find("arp-spoofing", text, before.number);
  } else {
    draft.find("address-moved", `Moved: by #${before.number}, ${ip} was at ${before.mac}.`, before.number);
  }
}

function explainAnswering(draft: Draft, station: Station, ip: string, number: number): void {
  const isNew = !station.answered.has(ip);
  const others = [...station.answered].filter(([one]) => one !== ip);
  remember(station.answered, ip, number);
  if (!isNew || others.length === 0 || others.length >= PER_STATION - 1) return;
  const numbers = others.map(([, one]) => one);
  const which = others.length === 1 ? others[0]![0] : count(others.length, "other address", "other addresses");
  // Every IPv6 station has several addresses.
  if (ip.includes(":")) return;
  const why = "a router that stands in for others (proxy ARP, RFC 1027), or a host with several addresses";
  draft.find("proxy-arp", `It answers for ${which} as well (${hashes(numbers)}): ${why}.`, ...numbers);
}

function remember(map: Map<string, number>, ip: string, number: number): void {
  if (map.has(ip) || map.size < PER_STATION) map.set(ip, number);
}
