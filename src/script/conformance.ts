/** A run of scripts as a document: what is required, by whom, and who keeps it. */
import { DEVICE_KINDS, type DeviceKind, type Script } from "./script.ts";
import type { Result, Verdict } from "./verdict.ts";

const COLUMN: Readonly<Record<DeviceKind, string>> = {
  simulated: "ours, simulated",
  host: "ours, on a veth",
  kernel: "Linux",
};

const WORD: Readonly<Record<Result, string>> = {
  pass: "yes",
  fail: "**no**",
  differs: "differs",
  stale: "**no longer differs**",
  skipped: "–",
};

export interface ConformanceOptions {
  /** The kernel's release, as `6.18`. */
  readonly kernel: string;
  /** Makes a link's target of a script's file. */
  readonly link: (file: string) => string;
}

/**
 * A Markdown document with a section for each file and a line for each script.
 * @param verdicts of all devices, script after script, as `judgeAll` gives them.
 */
export function conformanceText(verdicts: readonly Verdict[], { kernel, link }: ConformanceOptions): string {
  const byScript = new Map<Script, Verdict[]>();
  for (const verdict of verdicts) {
    const list = byScript.get(verdict.script) ?? [];
    byScript.set(verdict.script, [...list, verdict]);
  }
  const scripts = [...byScript.keys()].sort(byNumber);
  const byFile = new Map<string, Script[]>();
  for (const script of scripts) byFile.set(script.file, [...(byFile.get(script.file) ?? []), script]);
  const sections = [...byFile].map(([file, there]) => section(there, byScript, link(file)));
  return `${head(verdicts, scripts.length, kernel)}\n${sections.join("\n")}`;
}

function head(verdicts: readonly Verdict[], count: number, kernel: string): string {
  const counts = DEVICE_KINDS.map((kind) => {
    const of = (result: Result): number =>
      verdicts.filter((verdict) => verdict.device === kind && verdict.result === result).length;
    const differing = of("differs") === 0 ? "" : `, ${of("differs")} differ`;
    const skipped = of("skipped") === 0 ? "" : `, ${of("skipped")} cannot be run there`;
    return `${COLUMN[kind]} ${of("pass")}${differing}${skipped}`;
  });
  return `# Conformance

What RFCs require of an ARP, IPv4 and ICMP host, one script each ([the language](scripts.md)), run on our host in virtual time,
on our host through packet sockets on a veth, and on the Linux kernel (${kernel}). Made by \`npm run conformance\`; the tests run the
same scripts and hold this page to their results. That each script can fail is shown by hosts that are wrong in one small thing
each, which named scripts have to notice ([test/conformance](../test/conformance/faults.test.ts)).

${count} scripts: ${counts.join("; ")}.
`;
}

function section(
  scripts: readonly Script[],
  byScript: ReadonlyMap<Script, readonly Verdict[]>,
  target: string,
): string {
  const { heading, file } = scripts[0]!;
  const rows = scripts.map((script) => row(script, byScript.get(script)!));
  const notes = scripts.flatMap((script) => notesOf(script, byScript.get(script)!));
  const columns = DEVICE_KINDS.map((kind) => COLUMN[kind]);
  return [
    `## ${heading}`,
    "",
    `[${file.replace(/^.*conformance\//, "")}](${target})`,
    "",
    `| no. | requirement | RFC | ${columns.join(" | ")} |`,
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    ...(notes.length === 0 ? [] : ["", ...notes]),
    "",
  ].join("\n");
}

function row({ id, level, title, source }: Script, verdicts: readonly Verdict[]): string {
  const results = DEVICE_KINDS.map((kind) => {
    const verdict = verdicts.find(({ device }) => device === kind);
    return verdict === undefined ? "not run" : WORD[verdict.result];
  });
  return `| ${[id, `${level === "" ? "" : `${level}: `}${title}`, source, ...results].map(cell).join(" | ")} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** Why it differs or cannot be run; the same reason for several devices once. */
function notesOf({ id }: Script, verdicts: readonly Verdict[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { device, reason } of verdicts)
    if (reason !== "") byReason.set(reason, [...(byReason.get(reason) ?? []), COLUMN[device]]);
  return [...byReason].map(
    ([reason, devices]) => `- ${id === "" ? "" : `**${id}** `}${devices.join(" and ")}: ${reason}`,
  );
}

/** ARP before IPv4 before ICMP: by number, 2b after 2a and before 10. */
function byNumber(a: Script, b: Script): number {
  const number = ({ id }: Script): number => (id === "" ? Number.POSITIVE_INFINITY : Number.parseInt(id, 10));
  if (number(a) !== number(b)) return number(a) - number(b);
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line;
}
