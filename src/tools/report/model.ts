/**
 * A capture's report: what `vethlab explain --json` prints, and what its text, HTML and SVG are made from.
 *
 * Times are in seconds since 1970 (`first`, `last`), in seconds since the first frame (`at`), or in milliseconds (`min`,
 * `average`, `max`). Numbers of frames count from 1, as `sniff -#` does. Tables are bounded: what did not fit is counted in
 * `leftOut`.
 */
import type { ExchangeKind, Role } from "../sniff/facts.ts";
import type { FindingCode, Severity } from "../sniff/findings.ts";

export interface Report {
  readonly schema: "vethlab-report-1";
  readonly file: string;
  /** Null for a whole file; else why reading ended before its end. */
  readonly damage: string | null;
  readonly summary: Summary;
  readonly protocols: readonly ProtocolCount[];
  readonly hosts: readonly HostReport[];
  readonly owners: readonly OwnerReport[];
  readonly exchanges: readonly ExchangeReport[];
  readonly connections: readonly ConnectionReport[];
  readonly leases: readonly LeaseReport[];
  /** Warnings first. */
  readonly findings: readonly FindingReport[];
  /** What the file's author wrote to frames. */
  readonly comments: readonly CommentReport[];
  readonly diagram: Diagram;
  /** Entries that found no room, by table: each time that one came counts. */
  readonly leftOut: Readonly<Record<string, number>>;
}

export interface Summary {
  readonly format: "pcap" | "pcapng";
  /** The program that wrote the file, and comments to it as a whole. */
  readonly application: string;
  readonly comments: readonly string[];
  /** Each is a wire of its own: a place where frames were seen. */
  readonly interfaces: readonly { readonly name: string; readonly description: string }[];
  readonly frames: number;
  /** Bytes on the wire. */
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
  /** Frames that the capture cut. */
  readonly cut: number;
  readonly malformed: number;
  readonly warnings: number;
  readonly notes: number;
}

export interface ProtocolCount {
  readonly protocol: string;
  readonly frames: number;
  readonly bytes: number;
}

export interface HostReport {
  readonly mac: string;
  /** Addresses that it claimed or sent from; through a router, others' as well. */
  readonly addresses: readonly string[];
  /** More addresses than are shown. */
  readonly moreAddresses: number;
  readonly vlans: readonly string[];
  readonly roles: readonly { readonly role: Role["role"]; readonly frame: number }[];
  readonly frames: number;
  readonly bytes: number;
  readonly firstFrame: number;
  readonly lastFrame: number;
}

/** An address, and who said that it was whose: one claim by each MAC. */
export interface OwnerReport {
  readonly address: string;
  readonly segment: string;
  readonly claims: readonly {
    readonly mac: string;
    readonly count: number;
    readonly firstFrame: number;
    readonly lastFrame: number;
    readonly how: readonly string[];
  }[];
}

/** All questions of one kind from one to another. */
export interface ExchangeReport {
  readonly what: ExchangeKind;
  readonly segment: string;
  readonly from: string;
  readonly to: string;
  /** Questions, not counting repetitions. */
  readonly asked: number;
  readonly repeated: number;
  readonly answered: number;
  /** What the last answer said. */
  readonly answer: string;
  /** Milliseconds from question to answer; null if none was answered. */
  readonly min: number | null;
  readonly average: number | null;
  readonly max: number | null;
  readonly firstFrame: number;
  readonly lastFrame: number;
  /** Frames of the first questions without an answer. */
  readonly unanswered: readonly number[];
}

export interface ConnectionReport {
  readonly client: string;
  readonly server: string;
  readonly segment: string;
  readonly state: "asked" | "open" | "refused" | "reset" | "closed" | "seen";
  readonly segments: number;
  readonly clientBytes: number;
  readonly serverBytes: number;
  readonly resent: number;
  readonly disordered: number;
  readonly firstFrame: number;
  readonly lastFrame: number;
}

export interface LeaseReport {
  readonly mac: string;
  readonly address: string;
  readonly server: string;
  readonly seconds: number;
  readonly frame: number;
}

export interface FindingReport {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly title: string;
  readonly meaning: string;
  readonly advice: string;
  readonly source: string;
  readonly count: number;
  /** The first few of them. */
  readonly examples: readonly FindingExample[];
}

export interface FindingExample {
  readonly frame: number;
  readonly text: string;
  readonly refersTo: readonly number[];
}

export interface CommentReport {
  readonly frame: number;
  readonly text: string;
  /** True if it says what the frame's explanation says, as in captures that `sniff --explain -w` wrote. */
  readonly isExplanation: boolean;
}

/** Who sends what to whom, in order. */
export interface Diagram {
  /** One for all interfaces that see the same stations. */
  readonly scenes: readonly Scene[];
  /** Frames that are not drawn. */
  readonly leftOut: number;
}

export interface Scene {
  /** The interface, if there are several scenes; else empty. */
  readonly title: string;
  readonly lifelines: readonly Lifeline[];
  readonly events: readonly DiagramEvent[];
}

export interface Lifeline {
  /** An address if it has one, else its MAC. */
  readonly name: string;
  readonly mac: string;
}

export interface DiagramEvent {
  readonly frame: number;
  /** Seconds since the first frame. */
  readonly at: number;
  /** Index of a lifeline. */
  readonly from: number;
  /** Index of a lifeline, or -1: a group. */
  readonly to: number;
  readonly label: string;
  readonly kind: string;
  readonly severity: Severity | "";
  /** Frames that are not drawn between the event before and this one. */
  readonly skipped: number;
}
