/** The report for a terminal. */

import { oneLine } from "../sniff/words.ts";
import { diagramText } from "./diagram-text.ts";
import type { Report } from "./model.ts";
import { type Section, type SectionTable, sectionsOf } from "./sections.ts";

export interface TextSettings {
  /** Columns. */
  readonly width: number;
  readonly colour: boolean;
}

const NARROWEST = 40;
const BOLD = "1";
const RED = "31";
const YELLOW = "33";

export function reportText(report: Report, { width, colour }: TextSettings): string {
  const columns = Math.max(NARROWEST, width);
  const paint = (style: string, text: string) => (colour ? `\x1b[${style}m${text}\x1b[0m` : text);
  const lines: string[] = [];
  const heading = (title: string) => {
    if (lines.length > 0) lines.push("");
    lines.push(paint(BOLD, title));
  };
  const sections = sectionsOf(report);
  for (const [i, one] of sections.entries()) {
    heading(one.title);
    lines.push(...sectionLines(one, columns, paint));
    // What happened, before the tables.
    if (i === Math.min(1, sections.length - 1)) {
      heading("What happened");
      lines.push(...diagramText(report.diagram, columns));
    }
  }
  return `${lines.join("\n")}\n`;
}

function sectionLines(one: Section, width: number, paint: (style: string, text: string) => string): string[] {
  const lines = one.paragraphs.flatMap((text) => wrapped(text, width, "  ", "  "));
  if (one.table !== null) lines.push(...tableLines(one.table, width));
  for (const { severity, head, lines: inner } of one.points) {
    const mark = severity === "warning" ? "!" : "·";
    lines.push(paint(severity === "warning" ? RED : YELLOW, `  ${mark} ${oneLine(head)}`));
    for (const text of inner) lines.push(...wrapped(text, width, "      ", "        "));
  }
  return lines;
}

/** Columns as wide as their longest cell; the widest gives way if there is no room. */
function tableLines({ head, rows }: SectionTable, width: number): string[] {
  const used = head.map((_, i) => rows.some((row) => (row[i] ?? "") !== ""));
  const pick = (row: readonly string[]) => row.filter((_, i) => used[i]).map(oneLine);
  const cells = [pick(head), ...rows.map(pick)];
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((row) => [...(row[i] ?? "")].length)));
  const total = () => widths.reduce((sum, one) => sum + one + 2, 0);
  while (total() > width && Math.max(...widths) > 10) widths[widths.indexOf(Math.max(...widths))]!--;
  return cells.map((row) => {
    const line = row.map((cell, i) => cutTo(cell, widths[i]!).padEnd(widths[i]!)).join("  ");
    return `  ${line}`.trimEnd();
  });
}

function wrapped(text: string, width: number, first: string, rest: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of oneLine(text).split(" ")) {
    if (line.trim() !== "" && line.length + 1 + word.length > width) {
      lines.push(line.trimEnd());
      line = rest;
    }
    line += line.trim() === "" ? word : ` ${word}`;
  }
  lines.push(line);
  return lines;
}

function cutTo(text: string, room: number): string {
  const characters = [...text];
  return characters.length <= room ? text : `${characters.slice(0, Math.max(0, room - 1)).join("")}…`;
}
