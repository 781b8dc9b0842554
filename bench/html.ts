/**
 * The results as one page that needs nothing else: no script, no font, no picture from elsewhere. Readable when projected,
 * follows the reader's choice of light or dark, and prints.
 */
import { bars, type Curve, curves, markup, percentiles } from "./charts.ts";
import type { Case, Result } from "./harness.ts";
import { describeMachine, details, figure, peers, type Report } from "./report.ts";

/** What the groups are called; a group without a name here goes by its own. */
const TITLES: Readonly<Record<string, string>> = {
  parse: "Parsing frames",
  build: "Building frames",
  checksum: "Internet checksum",
  "checksum-update": "Checksum after a change",
  table: "Neighbour cache",
  print: "A capture as text",
  "print-summary": "A capture as text, beside tshark",
  file: "Capture files",
  "bring-up": "Networks brought up",
  rx: "Receiving",
  tx: "Sending",
  rtt: "Round trips",
  answer: "Answering",
};
/** A curve takes as many sizes at least. */
const SIZES = 3;

const STYLE = `
:root { color-scheme: light dark; --ink: #16181d; --soft: #5c6370; --paper: #fff; --grid: #d9dce2; --ours: #0b62c4;
  --theirs: #8a919e; --warn: #8a4b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef0f4; --soft: #a7aebb; --paper: #14171c; --grid: #343a45;
  --ours: #5aa9ff; --theirs: #7d8594; --warn: #ffb454; } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --paper: #fff; --grid: #ccc; --ours: #0b62c4;
  --theirs: #8a919e; --warn: #8a4b00; } body { font-size: 11pt; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 1.15rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 2.4rem; line-height: 1.15; margin: 0 0 .5rem; }
h2 { font-size: 1.8rem; margin: 3rem 0 .25rem; padding-top: 1rem; border-top: 3px solid var(--ours); }
h3 { font-size: 1.2rem; margin: 1.75rem 0 0; }
p { margin: .25rem 0 .75rem; max-width: 60rem; }
.soft, figcaption { color: var(--soft); }
.warn { color: var(--warn); font-weight: 600; }
figure { margin: .5rem 0 0; break-inside: avoid; }
h2, h3 { break-after: avoid; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 19px; fill: var(--ink); dominant-baseline: middle; font-variant-numeric: tabular-nums; }
svg text.who { text-anchor: end; } svg text.who.ours, svg text.value.ours { font-weight: 700; fill: var(--ours); }
svg text.tick { font-size: 15px; fill: var(--soft); text-anchor: middle; } svg text.who.tick { text-anchor: end; }
svg text.unit { font-size: 15px; fill: var(--soft); text-anchor: end; }
rect.ours, circle.ours { fill: var(--ours); } rect.theirs, circle.theirs { fill: var(--theirs); }
.line { fill: none; stroke-width: 3; } .line.ours { stroke: var(--ours); } .line.theirs { stroke: var(--theirs); }
.whisker { stroke: var(--ink); stroke-width: 2; fill: none; } .grid { stroke: var(--grid); stroke-width: 1.5; }
.leader { stroke: var(--grid); stroke-width: 1.5; fill: none; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .95rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; } .l { text-align: left; } tr.ours td { font-weight: 700; }
ul { padding-left: 1.2rem; }
`;

/** The whole page. @param cases what the results' cases are about. */
export function page(report: Report, cases: readonly Case[]): string {
  const about = new Map(cases.map((one) => [one.name, one.about]));
  const groups = groupBy(report.results);
  const sections = Array.from(groups, ([group, results]) => section(group, results, about));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>vethlab: benchmark of ${markup(report.machine.date.slice(0, 10))}</title>
<style>${STYLE}</style>
<h1>vethlab benchmark</h1>
<p class="soft">${markup(describeMachine(report.machine))}</p>
<p>Everybody works on the same bytes, and gave the same result before being timed. A bar is the median of several rounds
that took turns (a point where the scale is logarithmic); the thin line goes from the least to the greatest. Less is better. “5×” is how many times vethlab's time
another took, in the median of the rounds that ran beside each other.</p>
${report.warnings.map((warning) => `<p class="warn">${markup(warning)}</p>`).join("\n")}
${sections.join("\n")}
<h2>All figures</h2>
${table(report.results)}
<h2>Who took part</h2>
<ul>${peers(report)
    .map((line) => `<li>${markup(line)}</li>`)
    .join("")}</ul>
</html>
`;
}

function section(group: string, results: readonly Result[], about: ReadonlyMap<string, string>): string {
  const names = [...new Set(results.map((one) => one.case))];
  const charts = names.map((name) => {
    const of = results.filter((one) => one.case === name);
    const latency = percentiles(of);
    const heading = names.length === 1 && name === group ? "" : `<h3>${markup(name)}</h3>`;
    return `${heading}<figure><figcaption>${markup(about.get(name) ?? "")}</figcaption>${bars(of)}${latency}${further(of)}</figure>`;
  });
  return `<section><h2>${markup(TITLES[group] ?? group)}</h2>\n${againstSize(results)}${charts.join("\n")}</section>`;
}

/** Figures beside the one that is compared, in words. */
function further(results: readonly Result[]): string {
  return details(results)
    .map((line) => `<p class="soft">${markup(line.slice(line.indexOf(" ") + 1))}</p>`)
    .join("");
}

/** The group's plot of cost against size, if its cases are named by sizes. */
function againstSize(results: readonly Result[]): string {
  const sized = results.flatMap((result) => {
    const size = /\/(\d+)$/.exec(result.case)?.[1];
    return size === undefined ? [] : [{ size: Number(size), result }];
  });
  if (new Set(sized.map(({ size }) => size)).size < SIZES) return "";
  const who = [...new Set(sized.map(({ result }) => result.who))];
  const all = who.map((name): Curve => {
    const points = sized.filter(({ result }) => result.who === name).sort((a, b) => a.size - b.size);
    return { who: name, points };
  });
  const caption = "Cost against size, both logarithmic: what does not depend on the size is level.";
  return `<figure><figcaption>${caption}</figcaption>${curves(all, sized[0]!.result.unit)}</figure>`;
}

function groupOf(result: Result): string {
  return result.case.replace(/\/.*/, "");
}

function groupBy(results: readonly Result[]): Map<string, Result[]> {
  const groups = new Map<string, Result[]>();
  for (const result of results) groups.set(groupOf(result), [...(groups.get(groupOf(result)) ?? []), result]);
  return groups;
}

function table(results: readonly Result[]): string {
  const rows = results.map((one) => {
    const { ratio, bytesPerFrame } = one;
    const cells = [
      figure(one.median),
      `${figure(one.min)}–${figure(one.max)}`,
      ratio === undefined ? "" : `${figure(ratio.median)} (${figure(ratio.min)}–${figure(ratio.max)})`,
      bytesPerFrame === undefined ? "" : figure(bytesPerFrame),
    ];
    return `<tr class="${one.who === "vethlab" ? "ours" : "theirs"}"><td class="l">${markup(one.case)}<td class="l">${markup(one.who)}${cells
      .map((cell) => `<td>${cell}`)
      .join("")}<td class="l">${markup(one.unit)}<td class="l">${markup(one.version)}`;
  });
  return `<div class="wide"><table><tr><th class="l">case<th class="l">who<th>median<th>least–greatest<th>÷ vethlab<th>B/op<th class="l">unit<th class="l">version
${rows.join("\n")}</table></div>`;
}
