/**
 * Reads a capture once and gathers its report, in memory that does not grow with the file.
 *
 * @example
 * const reader = await openCapture("lab.pcapng");
 * if (isCaptureError(reader)) throw new Error(reader.message);
 * const report = await reportOn(reader, "lab.pcapng");
 * process.stdout.write(reportText(report, { width: 100, colour: false }));
 */
import * as ethernet from "../../../packets/ethernet.ts";
import * as mac from "../../../packets/mac.ts";
import type { CaptureReader, RecordBatch } from "../../capture/index.ts";
import { Explainer, type Explanation } from "../sniff/explain.ts";
import type { Fact } from "../sniff/facts.ts";
import { FINDINGS, type FindingCode, severityOf } from "../sniff/findings.ts";
import { Drawing } from "./draw.ts";
import { Exchanges } from "./exchanges.ts";
import { Hosts } from "./hosts.ts";
import type { CommentReport, ExchangeReport, FindingExample, FindingReport, ProtocolCount, Report } from "./model.ts";
import { protocolOf } from "./protocols.ts";
import { pushBounded, Table } from "./table.ts";

export interface ReportOptions {
  /** Frames in the diagram at most; default 40. */
  readonly events?: number;
  /** Called now and then with the number of frames so far. */
  readonly progress?: (frames: number) => void;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const PROTOCOLS = 64;
const EXAMPLES = 5;
const COMMENTS = 100;
const COMMENT_LENGTH = 500;
const EVENTS = 40;
/** Bytes of a frame that tell it from others when it is seen on two wires. */
const FINGERPRINT = 64;
const LISTED_INTERFACES = 16;
const ALL_ONES = "255.255.255.255";

/** Reads to the end of the file, or to where it is damaged; closes it. @param file its name in the report. */
export async function reportOn(reader: CaptureReader, file: string, options: ReportOptions = {}): Promise<Report> {
  const reporter = new Reporter(options);
  for await (const batch of reader) {
    reporter.take(batch);
    options.progress?.(reporter.frames);
  }
  return reporter.finish(reader, file);
}

class Reporter {
  frames = 0;
  private readonly explainer: Explainer;
  private readonly hosts = new Hosts();
  private readonly exchanges = new Exchanges();
  private readonly protocols = new Table<Writable<ProtocolCount>>(PROTOCOLS);
  private readonly drawing: Drawing;
  private readonly findings = new Map<FindingCode, { count: number; examples: FindingExample[] }>();
  private readonly comments: CommentReport[] = [];
  private moreComments = 0;
  private readonly unanswered = new Set<number>();
  private bytes = 0;
  private cut = 0;
  private malformed = 0;
  private first = 0;
  private last = 0;
  private firstTime = 0;

  constructor(options: ReportOptions) {
    this.explainer = new Explainer({ observer: (fact) => this.fact(fact) });
    this.drawing = new Drawing(Math.max(1, options.events ?? EVENTS));
  }

  take(batch: RecordBatch): void {
    for (let i = 0; i < batch.count; i++) this.frame(batch, i);
  }

  private frame(batch: RecordBatch, i: number): void {
    const { buffer } = batch;
    const off = batch.offset[i]!;
    const length = batch.length[i]!;
    const originalLength = batch.originalLength[i]!;
    const number = ++this.frames;
    const time = batch.time[i]!;
    const wire = batch.interfaceIndex[i]!;
    const seconds = batch.seconds[i]! + batch.nanoseconds[i]! / 1e9;
    if (number === 1) {
      this.first = seconds;
      this.firstTime = time;
    }
    this.last = seconds;
    this.bytes += originalLength;
    if (length < originalLength) this.cut++;
    const { explainer } = this;
    const found = explainer.explain(buffer, off, length, originalLength, time, number, batch.flags[i]!, wire);
    if (found.kind === "malformed") this.malformed++;
    this.count(protocolOf(found.kind, explainer.label), originalLength);
    for (const { code, text, refersTo } of found.findings ?? []) this.find(code, { frame: number, text, refersTo });
    if (batch.optionsEnd[i] !== 0) this.noteComments(batch, i, number, found.text);
    if (length >= ethernet.HEADER_LENGTH) {
      const from = mac.format(buffer, off + ethernet.SRC);
      this.hosts.frame(from, number, originalLength, explainer.vlan);
      this.draw(buffer, off, length, number, time, wire, from, found);
    }
  }

  private draw(
    buf: Uint8Array,
    off: number,
    length: number,
    number: number,
    time: number,
    wire: number,
    from: string,
    found: Explanation,
  ): void {
    const isGroup = ethernet.isMulticast(buf, off);
    const severities = (found.findings ?? []).map(({ severity }) => severity);
    this.drawing.add({
      frame: number,
      at: (time - this.firstTime) / 1e9,
      from,
      to: isGroup ? "" : mac.format(buf, off + ethernet.DST),
      label: this.explainer.label,
      kind: found.kind,
      severity: severities.includes("warning") ? "warning" : (severities[0] ?? ""),
      wire,
      fingerprint: fingerprint(buf, off, length),
    });
  }

  private noteComments(batch: RecordBatch, i: number, number: number, explanation: string): void {
    for (const text of batch.comments(i)) {
      const shown = text.length > COMMENT_LENGTH ? `${text.slice(0, COMMENT_LENGTH)}…` : text;
      if (this.comments.length < COMMENTS)
        this.comments.push({ frame: number, text: shown, isExplanation: text === explanation });
      else this.moreComments++;
    }
  }

  private fact(fact: Fact): void {
    const { hosts, exchanges } = this;
    if (fact.type === "sent") hosts.sent(fact);
    else if (fact.type === "claim") hosts.claim(fact);
    else if (fact.type === "role") hosts.role(fact);
    else if (fact.type === "asked") exchanges.asked(fact);
    else if (fact.type === "answered") exchanges.answered(fact);
    else if (fact.type === "tcp") exchanges.tcp(fact);
    else exchanges.lease(fact);
  }

  private count(protocol: string, bytes: number): void {
    const entry = this.protocols.get(protocol, () => ({ protocol, frames: 0, bytes: 0 }));
    if (entry === undefined) return;
    entry.frames++;
    entry.bytes += bytes;
  }

  private find(code: FindingCode, example: FindingExample): void {
    let found = this.findings.get(code);
    if (found === undefined) {
      found = { count: 0, examples: [] };
      this.findings.set(code, found);
    }
    found.count++;
    pushBounded(found.examples, example, EXAMPLES);
  }

  finish(reader: CaptureReader, file: string): Report {
    const hosts = this.hosts.hostReports();
    const exchanges = this.exchanges.exchangeReports();
    for (const exchange of exchanges) this.findUnanswered(exchange);
    const findings = this.findingReports();
    const total = (severity: string) =>
      findings.reduce((sum, one) => sum + (one.severity === severity ? one.count : 0), 0);
    const { error } = reader;
    const { sections } = reader;
    const interfaces = reader.interfaces
      .slice(0, LISTED_INTERFACES)
      .map(({ name, description }) => ({ name, description }));
    return {
      schema: "vethlab-report-1",
      file,
      damage: error === null ? null : `${error.message} (at byte ${error.offset})`,
      summary: {
        format: reader.format,
        application: sections[0]?.application ?? "",
        comments: sections.flatMap((section) => section.comments).slice(0, COMMENTS),
        interfaces,
        frames: this.frames,
        bytes: this.bytes,
        first: this.first,
        last: this.last,
        cut: this.cut,
        malformed: this.malformed,
        warnings: total("warning"),
        notes: total("note"),
      },
      protocols: this.protocols.values().sort((a, b) => b.frames - a.frames),
      hosts,
      owners: this.hosts.ownerReports(),
      exchanges,
      connections: this.exchanges.connectionReports(),
      leases: this.exchanges.leaseReports(),
      findings,
      comments: this.comments,
      diagram: this.drawing.diagram(hosts, interfaces, this.unanswered),
      leftOut: {
        ...this.hosts.leftOut,
        ...this.exchanges.leftOut,
        protocols: this.protocols.leftOut,
        comments: this.moreComments,
      },
    };
  }

  /** Probes hope for silence; a group need not answer. */
  private findUnanswered(exchange: ExchangeReport): void {
    const { what, from, to, asked, repeated, answered, unanswered } = exchange;
    const frame = unanswered[0];
    if (what === "arp-probe" || what === "duplicate-address" || answered >= asked || frame === undefined) return;
    if (to === ALL_ONES || /^(22[4-9]|23\d)\.|^ff/.test(to) || to.endsWith(".255")) return;
    const times = asked + repeated - answered;
    const often = times === 1 ? "once" : `${times} times`;
    const text = `${from} ${QUESTIONS[what]} ${to} ${often} without an answer.`;
    this.find("unanswered", { frame, text, refersTo: unanswered.slice(1) });
    for (const number of unanswered) this.unanswered.add(number);
  }

  private findingReports(): FindingReport[] {
    const reports = [...this.findings].map(([code, { count, examples }]) => {
      return { code, ...FINDINGS[code], count, examples };
    });
    const rank = (code: FindingCode) => (severityOf(code) === "warning" ? 0 : 1);
    return reports.sort((a, b) => rank(a.code) - rank(b.code) || b.count - a.count);
  }
}

const QUESTIONS: Readonly<Record<ExchangeReport["what"], string>> = {
  arp: "asked by ARP for",
  "arp-probe": "probed for",
  echo: "pinged",
  neighbor: "asked by neighbor discovery for",
  "duplicate-address": "probed for",
  dns: "asked the name server",
  dhcp: "asked by DHCP for",
  tcp: "asked for a connection to",
};

/** FNV-1a over the frame's first bytes and its length. */
function fingerprint(buf: Uint8Array, off: number, length: number): number {
  let hash = 0x811c9dc5 ^ length;
  const end = off + Math.min(length, FINGERPRINT);
  for (let at = off; at < end; at++) hash = Math.imul(hash ^ buf[at]!, 0x01000193);
  return hash >>> 0;
}
