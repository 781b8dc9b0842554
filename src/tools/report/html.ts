/** The report as one self-contained page: no scripts, nothing fetched. */
import { diagramSvg, escapeMarkup } from "./diagram-svg.ts";
import type { Report } from "./model.ts";
import { type Section, sectionsOf } from "./sections.ts";

const STYLE = `body{font:16px/1.5 "DejaVu Sans",Verdana,Arial,sans-serif;color:#1c262b;max-width:1200px;margin:2em auto;padding:0 1em}
h1{font-size:1.6em}h2{font-size:1.25em;margin-top:2em;border-bottom:2px solid #eceff1}
table{border-collapse:collapse;font-size:.9em}th,td{text-align:left;padding:.3em .9em .3em 0;vertical-align:top}
th{color:#546e7a;border-bottom:1px solid #b0bec5}td{border-bottom:1px solid #eceff1}
.point{border-left:5px solid #f9a825;padding:.2em 1em;margin:1em 0;background:#fffdf5}.warning{border-color:#c62828;background:#fff7f7}
.point p{margin:.3em 0}.head{font-weight:bold}.scroll{overflow-x:auto}svg{max-width:100%;height:auto}`;

export function reportHtml(report: Report): string {
  const title = `What is in ${report.file}`;
  const sections = sectionsOf(report).map(sectionHtml);
  const drawing = `<section><h2>What happened</h2><div class="scroll">${diagramSvg(report.diagram, report.file)}</div></section>`;
  sections.splice(Math.min(2, sections.length), 0, drawing);
  return [
    `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>${escapeMarkup(title)}</title>`,
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>`,
    `<h1>${escapeMarkup(title)}</h1>`,
    ...sections,
    "</body></html>\n",
  ].join("\n");
}

function sectionHtml(one: Section): string {
  const parts = [
    `<section><h2>${escapeMarkup(one.title)}</h2>`,
    ...one.paragraphs.map((text) => `<p>${escapeMarkup(text)}</p>`),
  ];
  if (one.table !== null) {
    const { head, rows } = one.table;
    const row = (cells: readonly string[], tag: string) =>
      `<tr>${cells.map((cell) => `<${tag}>${escapeMarkup(cell)}</${tag}>`).join("")}</tr>`;
    const body = rows.map((cells) => row(cells, "td")).join("\n");
    parts.push(`<div class="scroll"><table>${row(head, "th")}\n${body}</table></div>`);
  }
  for (const { severity, head, lines } of one.points) {
    const inner = lines.map((text) => `<p>${escapeMarkup(text)}</p>`).join("");
    parts.push(`<div class="point ${severity}"><p class="head">${escapeMarkup(head)}</p>${inner}</div>`);
  }
  return `${parts.join("\n")}</section>`;
}
