/** Who claims which address by ARP: addresses that move or have two owners, stations that stand in for others, forgeries. */
import * as arp from "../../../packets/arp.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
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

/** Who was last heard to have an address. */
interface Owner {
  readonly mac: string;
  readonly number: number;
  readonly time: number;
  /** Who had it before that, or empty, and a frame of theirs. */
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

export class ArpOwners {
  private readonly owners: Memory<string, Owner>;
  private readonly stations: Memory<string, Station>;

  constructor(memory: number) {
    this.owners = new Memory(memory);
    this.stations = new Memory(memory);
  }

  /** Takes in who the sender says it is, and adds to the draft what is odd about it. */
  note(subject: Subject, draft: Draft, claiming: Claiming): void {
    const { buf, at, number, time, segment } = subject;
    const ip = arp.senderIp(buf, at);
    const operation = arp.operation(buf, at);
    const isReverse = operation !== arp.Operation.Request && operation !== arp.Operation.Reply;
    if (ip === ipv4.UNSPECIFIED || isReverse) return;
    const sender = ipv4.format(ip);
    const sha = mac.format(buf, at + arp.SHA);
    if (mac.isMulticast(buf, at + arp.SHA) || mac.isZero(buf, at + arp.SHA)) {
      const what = mac.isZero(buf, at + arp.SHA) ? "is no address" : "is a group's, no station's";
      draft.find("group-mac-claimed", `Nobody may believe it: ${sha} ${what} (RFC 1812, 3.3.2).`);
      return;
    }
    if (!ipv4.isUnicast(ip)) {
      draft.find("bad-arp-address", `No station can have ${sender} (RFC 1122, 3.2.1.3).`);
      return;
    }
    subject.observe?.({ type: "claim", segment, mac: sha, ip: sender, number, time, how: claimOf(draft) });
    const before = this.owners.get(segment + sender);
    const isChanged = before !== undefined && before.mac !== sha;
    const previous = isChanged ? before.mac : (before?.previous ?? "");
    this.owners.set(segment + sender, { mac: sha, number, time, previous });
    const station = this.station(segment + sha);
    if (isChanged) this.explainChange(subject, draft, claiming, before, station, sender, sha);
    else if (claiming.isAnswer) this.explainAnswering(draft, station, sender, number);
  }

  private explainChange(
    subject: Subject,
    draft: Draft,
    claiming: Claiming,
    before: Owner,
    station: Station,
    sender: string,
    sha: string,
  ): void {
    const since = `by #${before.number}, ${sender} is at ${before.mac}`;
    if (claiming.isSecondAnswer) {
      draft.find("duplicate-address", `Conflict: ${since}.`, before.number);
      return;
    }
    if (before.previous === sha) {
      draft.find("duplicate-address", `Conflict: ${since}; both claim it in turn.`, before.number);
      const isAnnounced = draft.kind === "arp-announcement" || draft.kind === "arp-gratuitous-reply";
      if (isAnnounced && subject.time - before.time <= DEFENDING) {
        draft.find("address-defended", "It defends its address by announcing it once more (RFC 5227, 2.4).");
      }
      return;
    }
    remember(station.taken, sender, subject.number);
    const others = [...station.taken].filter(([ip]) => ip !== sender);
    if (others.length > 0) {
      const which = others.map(([ip, number]) => `${ip} (#${number})`).join(", ");
      const text = `Conflict: ${since}. ${sha} has taken over ${which} as well: so does one who wants to read what others send.`;
      draft.find("arp-spoofing", text, before.number, ...others.map(([, number]) => number));
    } else if (draft.kind === "arp-reply" && !claiming.isAnswer) {
      const text = `Conflict: ${since}. Answers that nobody asked for and that change an owner are how ARP is forged.`;
      draft.find("arp-spoofing", text, before.number);
    } else {
      draft.find("address-moved", `Moved: by #${before.number}, ${sender} was at ${before.mac}.`, before.number);
    }
  }

  private explainAnswering(draft: Draft, station: Station, sender: string, number: number): void {
    const isNew = !station.answered.has(sender);
    const others = [...station.answered].filter(([ip]) => ip !== sender);
    remember(station.answered, sender, number);
    if (!isNew || others.length === 0 || others.length >= PER_STATION - 1) return;
    const numbers = others.map(([, one]) => one);
    const which = others.length === 1 ? others[0]![0] : count(others.length, "other address", "other addresses");
    const why = "a router that stands in for others (proxy ARP, RFC 1027), or a host with several addresses";
    draft.find("proxy-arp", `It answers for ${which} as well (${hashes(numbers)}): ${why}.`, ...numbers);
  }

  private station(id: string): Station {
    const known = this.stations.get(id);
    if (known !== undefined) return known;
    const station = { answered: new Map<string, number>(), taken: new Map<string, number>() };
    this.stations.set(id, station);
    return station;
  }
}

function remember(map: Map<string, number>, ip: string, number: number): void {
  if (map.has(ip) || map.size < PER_STATION) map.set(ip, number);
}

function claimOf(draft: Draft): Claim["how"] {
  if (draft.kind === "arp-reply") return "reply";
  return draft.kind === "arp-request" ? "request" : "announcement";
}
