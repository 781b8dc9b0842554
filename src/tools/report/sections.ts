/** The report as headings, sentences and tables: what its text and its HTML have in common. */
import type { ConnectionReport, ExchangeReport, FindingReport, Report } from "./model.ts";

export interface SectionTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Section {
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly table: SectionTable | null;
  /** Indented points, each with its first words. */
  readonly points: readonly Point[];
}

export interface Point {
  readonly severity: "warning" | "note" | "";
  readonly head: string;
  readonly lines: readonly string[];
}

/** Rows of a table that are shown to people; JSON has all of them. */
const ROWS = 40;

export function sectionsOf(report: Report): Section[] {
  const sections = [
    summary(report),
    findings(report.findings),
    hosts(report),
    owners(report),
    exchanges("ARP: who asked for whom", report, ["arp", "arp-probe"]),
    exchanges("Neighbor discovery: who asked for whom", report, ["neighbor", "duplicate-address"]),
    exchanges("Echo: round-trip times", report, ["echo"]),
    exchanges("DHCP", report, ["dhcp"]),
    leases(report),
    exchanges("DNS", report, ["dns"]),
    connections(report.connections),
    comments(report),
    leftOut(report),
  ];
  return sections.filter((one): one is Section => one !== null);
}

function section(title: string, more: Partial<Section>): Section {
  return { title, paragraphs: [], table: null, points: [], ...more };
}

function tableSection(title: string, head: readonly string[], rows: readonly (readonly string[])[]): Section | null {
  if (rows.length === 0) return null;
  const left = rows.length - ROWS;
  const paragraphs = left > 0 ? [`The first ${ROWS} of ${rows.length}; --json has them all.`] : [];
  return section(title, { table: { head, rows: rows.slice(0, ROWS) }, paragraphs });
}

function summary({ summary: s, protocols, file, damage }: Report): Section {
  const paragraphs: string[] = [];
  const span = s.last - s.first;
  const begins = s.frames === 0 ? "" : `, from ${when(s.first)} on, for ${seconds(span)}`;
  paragraphs.push(`${file}: ${plural(s.frames, "frame")} of ${plural(s.bytes, "byte")} in all${begins} (${s.format}).`);
  if (damage !== null) paragraphs.push(`The file is damaged: ${damage}. What follows is about what came before.`);
  if (s.cut > 0) paragraphs.push(`${plural(s.cut, "frame")} not captured to the end.`);
  if (s.malformed > 0) paragraphs.push(`${plural(s.malformed, "frame")} with headers cut off or nonsense.`);
  const names = s.interfaces.map(({ name }) => name).filter((name) => name !== "");
  if (names.length > 0) paragraphs.push(`Captured on ${[...new Set(names)].join(", ")}.`);
  if (s.application !== "") paragraphs.push(`Written by ${s.application}.`);
  for (const text of s.comments) paragraphs.push(`Comment: ${text}`);
  const odd = s.warnings + s.notes;
  if (odd === 0) paragraphs.push("Nothing odd was found.");
  else paragraphs.push(`${plural(s.warnings, "warning")} and ${plural(s.notes, "note")}, see below.`);
  const rows = protocols.map(({ protocol, frames, bytes }) => [protocol, String(frames), String(bytes)]);
  return section("Summary", { paragraphs, table: { head: ["protocol", "frames", "bytes"], rows } });
}

function findings(found: readonly FindingReport[]): Section | null {
  if (found.length === 0) return null;
  const points = found.map((one): Point => {
    const times = one.count === 1 ? "" : ` (${one.count} times)`;
    const source = one.source === "" ? "" : ` (${one.source})`;
    const lines = one.examples.map(({ frame, text }) => `#${frame}: ${text}`);
    const left = one.count - one.examples.length;
    if (left > 0) lines.push(`… and ${left} more.`);
    lines.push(`Means: ${one.meaning}${source}`, `To do: ${one.advice}`);
    return { severity: one.severity, head: `${one.title}${times}`, lines };
  });
  return section("What is odd", { points });
}

function hosts(report: Report): Section | null {
  const rows = report.hosts.map((host) => {
    const more = host.moreAddresses > 0 ? ", …" : "";
    const roles = host.roles.map(({ role, frame }) => `${role} (#${frame})`).join(", ");
    return [
      host.mac,
      host.addresses.join(", ") + more,
      host.vlans.join(", "),
      roles,
      String(host.frames),
      `#${host.firstFrame}–#${host.lastFrame}`,
    ];
  });
  return tableSection("Hosts", ["MAC", "addresses", "VLAN", "what it does", "sent", "seen"], rows);
}

function owners(report: Report): Section | null {
  const rows = report.owners.flatMap(({ address, segment, claims }) =>
    claims.map((claim, i) => {
      const many = claims.length > 1 ? " (disputed)" : "";
      const evidence =
        claim.count === 1 ? `#${claim.firstFrame}` : `#${claim.firstFrame} … #${claim.lastFrame}, ${claim.count} times`;
      return [i === 0 ? address + many : "", claim.mac, claim.how.join(", "), evidence, placeOf(segment, report)];
    }),
  );
  return tableSection("Who owns which address", ["address", "MAC", "says so by", "evidence", "where"], rows);
}

function exchanges(title: string, report: Report, kinds: readonly ExchangeReport["what"][]): Section | null {
  const all = report.exchanges.filter(({ what }) => kinds.includes(what));
  const rows = all.map((one) => {
    const lost = one.asked - one.answered;
    const isProbe = one.what === "arp-probe" || one.what === "duplicate-address";
    const loss = `${Math.round((100 * Math.max(0, lost)) / Math.max(1, one.asked))}%`;
    const unanswered = one.unanswered.map((number) => `#${number}`).join(" ");
    return [
      isProbe ? `${one.from} (probing)` : one.from,
      one.to,
      one.repeated > 0 ? `${one.asked} + ${one.repeated} again` : String(one.asked),
      answersOf(one, loss),
      one.min === null ? "" : `${ms(one.min)} / ${ms(one.average!)} / ${ms(one.max!)}`,
      one.answer,
      lost > 0 && !isProbe ? unanswered : "",
    ];
  });
  const head = ["from", "for", "asked", "answered", "min/avg/max ms", "answer", "unanswered"];
  return tableSection(title, head, rows);
}

/** Probes hope that nobody answers. */
function answersOf({ what, answered }: ExchangeReport, loss: string): string {
  const isProbe = what === "arp-probe" || what === "duplicate-address";
  if (isProbe && answered === 0) return "nobody objects";
  return what === "echo" ? `${answered} (${loss} lost)` : String(answered);
}

function connections(all: readonly ConnectionReport[]): Section | null {
  const rows = all.map((one) => [
    one.client,
    one.server,
    STATES[one.state],
    String(one.segments),
    `${one.clientBytes} / ${one.serverBytes}`,
    `${one.resent} / ${one.disordered}`,
    `#${one.firstFrame}–#${one.lastFrame}`,
  ]);
  const head = ["client", "server", "end", "segments", "bytes to / fro", "again / disordered", "seen"];
  return tableSection("TCP connections", head, rows);
}

const STATES: Readonly<Record<ConnectionReport["state"], string>> = {
  asked: "no answer",
  open: "still open",
  refused: "refused",
  reset: "broken off",
  closed: "closed",
  seen: "seen in part",
};

function leases(report: Report): Section | null {
  const rows = report.leases.map((one) => {
    return [one.address, one.mac, one.server, one.seconds === 0 ? "" : seconds(one.seconds), `#${one.frame}`];
  });
  return tableSection("Addresses lent by DHCP", ["address", "to", "by", "for", "frame"], rows);
}

function comments(report: Report): Section | null {
  const own = report.comments.filter(({ isExplanation }) => !isExplanation);
  const rows = own.map(({ frame, text }) => [`#${frame}`, text]);
  const told = report.comments.length - own.length;
  const paragraphs = told > 0 ? [`${plural(told, "frame")} with its explanation as its comment.`] : [];
  const found = tableSection("Comments in the file", ["frame", "comment"], rows);
  if (found !== null) return { ...found, paragraphs: [...found.paragraphs, ...paragraphs] };
  return told > 0 ? section("Comments in the file", { paragraphs }) : null;
}

/** `wire 1 10` as `ve1, VLAN 10`. */
function placeOf(segment: string, { summary: { interfaces } }: Report): string {
  const [, wire = "0", vlan = ""] = /^(?:wire (\d+) ?)?(.*)$/.exec(segment) ?? [];
  const { name = "", description = "" } = interfaces[Number(wire)] ?? {};
  const place =
    interfaces.length < 2 ? "" : description === "" ? name || `interface ${wire}` : `${name} (${description})`;
  return [place, vlan === "" ? "" : `VLAN ${vlan}`].filter((part) => part !== "").join(", ");
}

function leftOut(report: Report): Section | null {
  const parts = Object.entries(report.leftOut).filter(([, count]) => count > 0);
  if (parts.length === 0) return null;
  const list = parts.map(([table, count]) => `${table} (${plural(count, "time")})`).join(", ");
  return section("Left out", { paragraphs: [`There was no room for more of these: ${list}.`] });
}

export function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}

function ms(value: number): string {
  return value.toFixed(3);
}

function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 3 : 0)} s`;
}

/** UTC, as 2026-11-25 10:30:00. */
function when(time: number): string {
  const date = new Date(time * 1000);
  if (Number.isNaN(date.getTime())) return `second ${time}`;
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
