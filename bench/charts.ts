/**
 * Plots as SVG, drawn with the page's own colours (see html.ts), so that they follow light, dark and paper. Sizes are in
 * units of which a plot is 960 wide.
 */
import type { Result } from "./harness.ts";
import { figure } from "./report.ts";

const WIDTH = 960;
/** Room for names on the left, and for figures on the right. */
const LEFT = 190;
const RIGHT = 300;
const ROW = 40;
const TOP = 8;
const AXIS = 34;
/** Figures further apart than this do not fit on a linear scale. */
const LINEAR = 25;

/** Text for markup. */
export function markup(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** `2.07 M/s` for 483 ns; empty for units that are no time for each operation. */
export function rate(unit: string, value: number): string {
  if (!unit.startsWith("ns/") || value <= 0) return "";
  const each = 1e9 / value;
  if (each >= 1e9) return `${figure(each / 1e9)} G/s`;
  if (each >= 1e6) return `${figure(each / 1e6)} M/s`;
  return each >= 1e3 ? `${figure(each / 1e3)} k/s` : `${figure(each)}/s`;
}

/** Maps a value to a place. */
interface Scale {
  readonly isLog: boolean;
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** Linear from 0, or logarithmic over whole decades. */
function scale(values: readonly number[], from: number, to: number, isLog: boolean): Scale {
  const most = Math.max(...values);
  if (!isLog) {
    const step = niceStep(most / 4);
    const ticks = Array.from({ length: Math.floor((most * 1.0001) / step) + 1 }, (_, i) => i * step);
    return { isLog, ticks, place: (value) => from + ((to - from) * value) / most };
  }
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(most)));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { isLog, ticks, place: (value) => from + ((to - from) * (Math.log10(value) - low)) / (high - low) };
}

/** 1, 2 or 5 times a power of ten, at least `value`. */
function niceStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10);
}

/** Medians of one case as bars with their spread; as points on a logarithmic scale if they lie far apart. */
export function bars(results: readonly Result[]): string {
  const values = results.flatMap(({ min, median, max }) => [min, median, max]);
  const medians = results.map(({ median }) => median);
  const isLog = Math.max(...medians) / Math.min(...medians) > LINEAR;
  const x = scale(values, LEFT, WIDTH - RIGHT, isLog);
  const bottom = TOP + ROW * results.length;
  const rows = results.map((one, i) => {
    const middle = TOP + ROW * i + ROW / 2;
    const kind = one.who === "vethlab" ? "ours" : "theirs";
    const end = x.place(one.median);
    const mark = isLog
      ? `<circle class="${kind}" cx="${round(end)}" cy="${middle}" r="8"/>`
      : `<rect class="${kind}" x="${LEFT}" y="${middle - 12}" width="${round(end - LEFT)}" height="24"/>`;
    return `<text class="who ${kind}" x="${LEFT - 14}" y="${middle}">${markup(one.who)}</text>${mark}
${whisker(x.place(one.min), x.place(one.max), middle)}
<text class="value" x="${WIDTH - RIGHT + 16}" y="${middle}">${markup(label(one))}</text>`;
  });
  const title = `${results[0]!.case}: ${results.map((one) => `${one.who} ${label(one)}`).join("; ")}`;
  return svg(bottom + AXIS, title, `${vertical(x, bottom, results[0]!.unit)}${rows.join("\n")}`);
}

function label(one: Result): string {
  const times = one.ratio === undefined ? "" : ` · ${figure(one.ratio.median)}×`;
  const each = rate(one.unit, one.median);
  return `${figure(one.median)} ${one.unit.replace(/\/.*/, "")}${each === "" ? "" : ` · ${each}`}${times}`;
}

function whisker(from: number, to: number, y: number): string {
  const [a, b] = [round(from), round(to)];
  return `<path class="whisker" d="M${a} ${y}H${b}M${a} ${y - 7}v14M${b} ${y - 7}v14"/>`;
}

/** A row of a plot of percentiles. */
interface Percentiles {
  readonly who: string;
  readonly kind: string;
  /** 50, 90, 99 and 99.9 of a hundred were below. */
  readonly at: readonly number[];
}

/** What a result says of single operations (see a sample's `detail`): a flood of them, and some when caches are cold. */
function percentilesOf({ who, median, detail = {} }: Result): Percentiles[] {
  const kind = who === "vethlab" ? "ours" : "theirs";
  const { p90Us, p99Us, p999Us, coldP50Us, coldP90Us, coldP99Us } = detail;
  const rows = [
    { who, kind, at: [median, p90Us, p99Us, p999Us] },
    { who: `${who}, cold`, kind, at: [coldP50Us, coldP90Us, coldP99Us] },
  ];
  return rows.flatMap((row) => {
    const at = row.at.filter((value) => value !== undefined);
    return at.length === row.at.length ? [{ ...row, at }] : [];
  });
}

/** Percentiles of the contenders that timed single operations in µs: from the median to the slowest of a thousand. */
export function percentiles(results: readonly Result[]): string {
  const all = results.flatMap(percentilesOf);
  if (all.length === 0) return "";
  const x = scale(
    all.flatMap(({ at }) => at),
    LEFT,
    WIDTH - RIGHT,
    true,
  );
  const bottom = TOP + ROW * all.length;
  const rows = all.map(({ who, kind, at }, i) => {
    const middle = TOP + ROW * i + ROW / 2;
    const places = at.map((value) => round(x.place(value)));
    const dots = places.map((place, k) => `<circle class="${kind}" cx="${place}" cy="${middle}" r="${9 - 1.5 * k}"/>`);
    return `<text class="who ${kind}" x="${LEFT - 14}" y="${middle}">${markup(who)}</text>
<path class="line ${kind}" d="M${places[0]} ${middle}H${places.at(-1)}"/>${dots.join("")}
<text class="value" x="${WIDTH - RIGHT + 16}" y="${middle}">${at.map(figure).join(" · ")}</text>`;
  });
  const title = `${results[0]!.case}: 50, 90, 99, 99.9 of a hundred took at most so many µs`;
  return svg(bottom + AXIS, title, `${vertical(x, bottom, "p50 · p90 · p99 · p99.9 in µs")}${rows.join("\n")}`);
}

/** One contender's cost at several sizes. */
export interface Curve {
  readonly who: string;
  readonly points: readonly { readonly size: number; readonly result: Result }[];
}

const PLOT_HEIGHT = 380;

/** Cost against size, both logarithmic: a constant cost is level, one that grows with the size climbs one for one. */
export function curves(all: readonly Curve[], unit: string): string {
  const results = all.flatMap(({ points }) => points);
  const x = scale(
    results.map(({ size }) => size),
    LEFT,
    WIDTH - RIGHT,
    true,
  );
  const y = scale(
    results.flatMap(({ result }) => [result.min, result.max]),
    PLOT_HEIGHT,
    TOP + 12,
    true,
  );
  const levels = y.ticks.map((tick) => {
    const at = round(y.place(tick));
    return `<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text class="who tick" x="${LEFT - 14}" y="${at}">${tickText(tick)} ${markup(unit.replace(/\/.*/, ""))}</text>`;
  });
  const names = spreadOut(
    all.map(({ points }) => y.place(points.at(-1)!.result.median)),
    26,
  );
  const lines = all.map(({ who, points }, i) => {
    const kind = who === "vethlab" ? "ours" : "theirs";
    const places = points.map(({ size, result }) => ({
      x: round(x.place(size)),
      y: round(y.place(result.median)),
      result,
    }));
    const path = places.map((place, k) => `${k === 0 ? "M" : "L"}${place.x} ${place.y}`).join("");
    const marks = places.map((place) => {
      const [low, high] = [round(y.place(place.result.min)), round(y.place(place.result.max))];
      return `<path class="whisker" d="M${place.x} ${low}V${high}"/><circle class="${kind}" cx="${place.x}" cy="${place.y}" r="6"/>`;
    });
    const end = places.at(-1)!;
    return `<path class="line ${kind}" d="${path}"/>${marks.join("")}
<path class="leader" d="M${end.x + 10} ${end.y}L${end.x + 26} ${names[i]}"/><text class="value ${kind}" x="${end.x + 32}" y="${names[i]}">${markup(who)}</text>`;
  });
  const title = `${unit} against size: ${all.map(({ who }) => who).join(", ")}`;
  return svg(
    PLOT_HEIGHT + AXIS,
    title,
    `${vertical(x, PLOT_HEIGHT, "size", false)}${levels.join("")}${lines.join("\n")}`,
  );
}

/** Places moved down as far as needed to keep them `gap` apart; their order stays. */
function spreadOut(places: readonly number[], gap: number): number[] {
  const moved = [...places];
  const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]!);
  for (let k = 1; k < order.length; k++) {
    const above = moved[order[k - 1]!]!;
    moved[order[k]!] = Math.max(places[order[k]!]!, above + gap);
  }
  return moved.map(round);
}

/** A tick's value without zeros that say nothing. */
function tickText(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

/** Lines from top to bottom at the ticks, and what they mean below. */
function vertical(x: Scale, bottom: number, unit: string, saysScale = true): string {
  const lines = x.ticks.map((tick) => {
    const at = round(x.place(tick));
    return `<path class="grid" d="M${at} ${TOP}V${bottom}"/><text class="tick" x="${at}" y="${bottom + 20}">${tickText(tick)}</text>`;
  });
  const kind = saysScale && x.isLog ? `${unit}, logarithmic` : unit;
  return `${lines.join("")}<text class="unit" x="${WIDTH}" y="${bottom + 20}">${markup(kind)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function svg(height: number, title: string, content: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img"><title>${markup(title)}</title>${content}</svg>`;
}
