/** The sequence diagram as SVG: self-contained, large enough to project. */
import type { Diagram, DiagramEvent, Scene } from "./model.ts";

const MARGIN_LEFT = 170;
const MARGIN_RIGHT = 110;
const COLUMN = 290;
const TITLE = 48;
const SCENE_TITLE = 34;
const SCENE_GAP = 34;
const HEAD = 70;
const ROW = 44;
const GAP_ROW = 30;
const FOOT = 24;
/** Characters of a label that fit into a column. */
const LABEL_ROOM = 33;

const COLOURS: readonly (readonly [prefix: string, colour: string])[] = [
  ["arp", "#1d6fb8"],
  ["echo", "#2e7d32"],
  ["icmp", "#b26a00"],
  ["tcp", "#6a1b9a"],
  ["udp", "#00707a"],
  ["dns", "#00707a"],
  ["dhcp", "#8a4b08"],
  ["neighbor", "#1d6fb8"],
];
const OTHER = "#455a64";
const WARNING = "#c62828";

const STYLE = `svg text{font-family:"DejaVu Sans",Verdana,Arial,sans-serif;font-size:15px;fill:#1c262b}
svg .name{font-weight:bold;font-size:17px;text-anchor:middle}svg .mac{font-size:12px;text-anchor:middle;fill:#546e7a}
svg .time{font-size:13px;fill:#546e7a;text-anchor:end}svg .number{font-weight:bold;font-size:14px}
svg .title{font-weight:bold;font-size:19px}svg .scene{font-weight:bold;fill:#37474f}
svg .label{text-anchor:middle}svg .note{font-style:italic;fill:#78909c;font-size:13px}
svg .line{stroke:#b0bec5;stroke-width:2}svg .head{fill:#eceff1;stroke:#90a4ae;stroke-width:1.5}`;

/** @param title above it, and for those who hear the page. */
export function diagramSvg(diagram: Diagram, title: string): string {
  const columns = Math.max(1, ...diagram.scenes.map(({ lifelines }) => lifelines.length));
  const width = MARGIN_LEFT + columns * COLUMN + MARGIN_RIGHT;
  const parts: string[] = [];
  let y = TITLE;
  for (const scene of diagram.scenes) {
    const drawn = drawScene(scene, y);
    parts.push(...drawn.parts);
    y = drawn.end;
  }
  if (diagram.leftOut > 0) parts.push(text(24, y + 8, "note", `⋮ ${frames(diagram.leftOut)} not drawn in all`));
  if (diagram.scenes.length === 0) parts.push(text(24, y + 8, "note", "no frames to draw"));
  const height = y + FOOT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeMarkup(title)}</title><style>${STYLE}</style>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(24, 29, "title", title),
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** @param top where it begins. @returns its elements, and where the next one may begin. */
function drawScene({ title, lifelines, events }: Scene, top: number): { parts: string[]; end: number } {
  const x = (i: number) => MARGIN_LEFT + COLUMN / 2 + i * COLUMN;
  const headTop = title === "" ? top : top + SCENE_TITLE;
  const rows: string[] = title === "" ? [] : [text(24, top + 20, "scene", title)];
  let y = headTop + HEAD + 10;
  for (const event of events) {
    if (event.skipped > 0) {
      rows.push(text(24, y + 18, "note", `⋮ ${frames(event.skipped)} not drawn`));
      y += GAP_ROW;
    }
    rows.push(drawEvent(event, y + ROW - 14, x, lifelines.length));
    y += ROW;
  }
  const heads = lifelines.map(({ name, mac }, i) => {
    const box = `<rect class="head" x="${x(i) - COLUMN / 2 + 16}" y="${headTop}" width="${COLUMN - 32}" height="58" rx="8"/>`;
    const line = `<line class="line" x1="${x(i)}" y1="${headTop + 58}" x2="${x(i)}" y2="${y + 12}"/>`;
    const isNamed = name !== mac && mac !== "";
    const words = text(x(i), headTop + (isNamed ? 26 : 36), "name", short(name, 24));
    return `${line}${box}${words}${isNamed ? text(x(i), headTop + 47, "mac", mac) : ""}`;
  });
  return { parts: [...heads, ...rows], end: y + SCENE_GAP };
}

function frames(count: number): string {
  return count === 1 ? "1 frame" : `${count} frames`;
}

function drawEvent(event: DiagramEvent, y: number, x: (i: number) => number, columns: number): string {
  const colour = event.severity === "warning" ? WARNING : colourOf(event.kind);
  const from = x(event.from);
  const stamp = `${text(24, y + 5, "number", `#${event.frame}`)}${text(MARGIN_LEFT - 14, y + 5, "time", `${event.at.toFixed(6)} s`)}`;
  const mark = event.severity === "warning" ? "⚠ " : "";
  const parts: string[] = [];
  let middle: number;
  let room = LABEL_ROOM;
  if (event.to < 0) {
    const left = x(0);
    const right = x(columns - 1);
    const far = columns === 1 ? from + COLUMN / 2 + MARGIN_RIGHT - 24 : right;
    if (from > left) parts.push(arrow(from, left, y, colour));
    if (far > from) parts.push(arrow(from, far, y, colour));
    parts.push(`<circle cx="${from}" cy="${y}" r="6" fill="${colour}"/>`);
    const isRight = far - from >= from - left;
    middle = isRight ? Math.min(from + COLUMN / 2, (from + far) / 2) : Math.max(from - COLUMN / 2, (from + left) / 2);
  } else if (event.to === event.from) {
    parts.push(`<circle cx="${from}" cy="${y}" r="6" fill="${colour}"/>`);
    middle = from + COLUMN / 2 - 10;
  } else {
    const to = x(event.to);
    parts.push(arrow(from, to, y, colour));
    middle = (from + to) / 2;
    room = LABEL_ROOM * Math.abs(event.to - event.from);
  }
  const label = text(middle, y - 8, "label", short(mark + event.label, room)).replace(
    "<text",
    `<text style="fill:${colour}"`,
  );
  return `<g>${stamp}${parts.join("")}${label}</g>`;
}

function arrow(from: number, to: number, y: number, colour: string): string {
  const back = to > from ? -11 : 11;
  const head = `<path d="M${to} ${y}l${back} -5v10z" fill="${colour}"/>`;
  return `<line x1="${from}" y1="${y}" x2="${to + back / 2}" y2="${y}" stroke="${colour}" stroke-width="2.5"/>${head}`;
}

function colourOf(kind: string): string {
  return COLOURS.find(([prefix]) => kind.startsWith(prefix))?.[1] ?? OTHER;
}

function text(x: number, y: number, style: string, content: string): string {
  return `<text class="${style}" x="${x}" y="${y}">${escapeMarkup(content)}</text>`;
}

function short(content: string, room: number): string {
  const characters = [...content];
  return characters.length <= room ? content : `${characters.slice(0, room - 1).join("")}…`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for XML and HTML; control characters, which neither allows, become U+FFFD. */
export function escapeMarkup(content: string): string {
  return content
    .replace(/[\n\r\t]/g, " ")
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, "\ufffd")
    .replace(/[&<>"']/g, (one) => ENTITIES[one]!);
}
