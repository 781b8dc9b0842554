/** Questions and answers counted, TCP connections followed, leases kept. */
import type { Answered, Asked, ExchangeKind, LeaseFact, TcpFact } from "../sniff/facts.ts";
import type { ConnectionReport, ExchangeReport, LeaseReport } from "./model.ts";
import { pushBounded, Table } from "./table.ts";

interface Exchange {
  readonly what: ExchangeKind;
  readonly segment: string;
  readonly from: string;
  readonly to: string;
  asked: number;
  repeated: number;
  answered: number;
  answer: string;
  min: number;
  max: number;
  sum: number;
  readonly firstFrame: number;
  lastFrame: number;
  /** Questions that wait for an answer, the oldest ones. */
  waiting: number[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const EXCHANGES = 1024;
const CONNECTIONS = 512;
const LEASES = 256;
const WAITING = 8;
const MS = 1e6;

/** Kinds where one answer settles whatever was asked of the same one before. */
const SETTLED_AT_ONCE: ReadonlySet<ExchangeKind> = new Set([
  "arp",
  "arp-probe",
  "neighbor",
  "duplicate-address",
  "tcp",
  "dhcp",
]);

export class Exchanges {
  private readonly exchanges = new Table<Exchange>(EXCHANGES);
  private readonly connections = new Table<Writable<ConnectionReport>>(CONNECTIONS);
  private readonly leases: LeaseReport[] = [];

  asked(fact: Asked): void {
    const exchange = this.exchange(fact);
    if (exchange === undefined) return;
    exchange.lastFrame = fact.number;
    if (fact.again) exchange.repeated++;
    else exchange.asked++;
    pushBounded(exchange.waiting, fact.number, WAITING);
  }

  answered(fact: Answered): void {
    const exchange = this.exchange(fact);
    if (exchange === undefined) return;
    exchange.lastFrame = fact.number;
    exchange.answered++;
    exchange.answer = fact.answer;
    exchange.min = Math.min(exchange.min, fact.delay);
    exchange.max = Math.max(exchange.max, fact.delay);
    exchange.sum += fact.delay;
    if (SETTLED_AT_ONCE.has(fact.what)) exchange.waiting = [];
    else exchange.waiting = exchange.waiting.filter((number) => number !== fact.question);
  }

  tcp(fact: TcpFact): void {
    const { client, server, segment, number, event } = fact;
    const connection = this.connections.get(`${segment}${client} ${server}`, () => ({
      client,
      server,
      segment: segment.trim(),
      state: "seen",
      segments: 0,
      clientBytes: 0,
      serverBytes: 0,
      resent: 0,
      disordered: 0,
      firstFrame: number,
      lastFrame: number,
    }));
    if (connection === undefined) return;
    connection.lastFrame = number;
    switch (event) {
      case "segment":
        connection.segments++;
        if (fact.fromClient) connection.clientBytes += fact.bytes;
        else connection.serverBytes += fact.bytes;
        break;
      case "resent":
        connection.resent++;
        break;
      case "disordered":
        connection.disordered++;
        break;
      case "duplicate-ack":
        break;
      default:
        connection.state = event;
    }
  }

  lease(fact: LeaseFact): void {
    const { mac, ip: address, server, seconds, number: frame } = fact;
    pushBounded(this.leases, { mac, address, server, seconds, frame }, LEASES);
  }

  exchangeReports(): ExchangeReport[] {
    return this.exchanges.values().map(({ min, max, sum, waiting, ...rest }) => {
      const { answered } = rest;
      const times =
        answered === 0
          ? { min: null, average: null, max: null }
          : { min: min / MS, average: sum / answered / MS, max: max / MS };
      return { ...rest, segment: rest.segment.trim(), ...times, unanswered: waiting };
    });
  }

  connectionReports(): ConnectionReport[] {
    return this.connections.values();
  }

  leaseReports(): LeaseReport[] {
    return this.leases;
  }

  get leftOut(): { exchanges: number; connections: number } {
    return { exchanges: this.exchanges.leftOut, connections: this.connections.leftOut };
  }

  private exchange(fact: Asked | Answered): Exchange | undefined {
    const { what, segment, from, to, number } = fact;
    return this.exchanges.get(`${what} ${segment}${from} ${to}`, () => ({
      what,
      segment,
      from,
      to,
      asked: 0,
      repeated: 0,
      answered: 0,
      answer: "",
      min: Number.POSITIVE_INFINITY,
      max: 0,
      sum: 0,
      firstFrame: number,
      lastFrame: number,
      waiting: [],
    }));
  }
}
