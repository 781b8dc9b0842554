/**
 * The sequence diagram as text:
 *
 *        #   seconds  10.0.0.1                 10.0.0.2
 *        1  0.000000      ├─ who has 10.0.0.2? ───►│
 *        2  0.000023      │◄─ 10.0.0.2 is at … ────┤
 */
import { OTHERS } from "./draw.ts";
import type { Diagram, DiagramEvent, Scene } from "./model.ts";

/** Columns of number and time, before the first lifeline. */
const MARGIN = 20;
const NARROWEST = 14;
/** Columns after the last lifeline, for its head and for arrows to everybody. */
const TAIL = 10;
const WIDEST = 44;

/** @param width columns; lifelines that find no room share the last one. */
export function diagramText(diagram: Diagram, width: number): string[] {
  if (diagram.scenes.length === 0) return ["  (no frames to draw)"];
  const lines = diagram.scenes.flatMap((scene, i) => {
    const title = scene.title === "" ? [] : [`  ${scene.title}:`];
    return [...(i === 0 ? [] : [""]), ...title, ...sceneText(scene, width)];
  });
  if (diagram.leftOut > 0) lines.push(`${"⋮".padStart(5)}  ${framesText(diagram.leftOut)} not drawn in all`);
  return lines;
}

function sceneText(scene: Scene, width: number): string[] {
  const room = Math.max(1, Math.floor((width - MARGIN - TAIL) / NARROWEST) + 1);
  const folded = fold(scene, room);
  const { lifelines, events } = folded;
  const gaps = Math.max(1, lifelines.length - 1);
  const step = Math.min(WIDEST, Math.max(NARROWEST, Math.floor((width - MARGIN - TAIL) / gaps)));
  const at = lifelines.map((_, i) => MARGIN + i * step);
  const lines = heads(folded, at, step);
  for (const event of events) {
    if (event.skipped > 0) lines.push(`${"⋮".padStart(5)}  ${framesText(event.skipped)} not drawn`);
    lines.push(drawEvent(event, at, Math.max(width, MARGIN + TAIL)));
  }
  return lines;
}

function framesText(count: number): string {
  return count === 1 ? "1 frame" : `${count} frames`;
}

/** No more lifelines than there is room for. */
function fold(scene: Scene, room: number): Scene {
  if (scene.lifelines.length <= room) return scene;
  const last = room - 1;
  const lifelines = [...scene.lifelines.slice(0, last), { name: OTHERS, mac: "" }];
  const events = scene.events.map((event) => ({
    ...event,
    from: Math.min(event.from, last),
    to: Math.min(event.to, last),
  }));
  return { ...scene, lifelines, events };
}

/** Names over MAC addresses, each above its line. */
function heads(scene: Scene, at: readonly number[], step: number): string[] {
  const row = (texts: readonly string[]) => {
    const cells: string[] = [];
    for (const [i, text] of texts.entries())
      put(cells, at[i]!, cutTo(text, i === texts.length - 1 ? WIDEST : step - 2));
    return cells;
  };
  const names = row(scene.lifelines.map(({ name }) => name));
  put(names, 0, "    #");
  put(names, 11, "seconds");
  const macs = scene.lifelines.map(({ name, mac }) => (mac === name ? "" : mac));
  return [toLine(names), toLine(row(macs))].filter((line) => line.trim() !== "");
}

function drawEvent(event: DiagramEvent, at: readonly number[], width: number): string {
  const cells: string[] = [];
  put(cells, 0, String(event.frame).padStart(5));
  put(cells, 6, event.at.toFixed(6).padStart(12));
  for (const x of at) cells[x] = "│";
  const from = at[event.from]!;
  const mark = event.severity === "warning" ? "! " : "";
  const label = `${mark}${event.label}`;
  if (event.to < 0) drawToAll(cells, from, at, label, width);
  else if (event.to === event.from) put(cells, from, `● ${cutTo(label, width - from - 2)}`);
  else drawArrow(cells, from, at[event.to]!, label);
  return toLine(cells);
}

function drawArrow(cells: string[], from: number, to: number, label: string): void {
  const isRight = to > from;
  const low = Math.min(from, to);
  const high = Math.max(from, to);
  for (let x = low + 1; x < high; x++) cells[x] = cells[x] === "│" ? "┼" : "─";
  cells[from] = isRight ? "├" : "┤";
  cells[isRight ? to - 1 : to + 1] = isRight ? "►" : "◄";
  putLabel(cells, low + 2, high - 2, label);
}

/** A frame to a group: both ways, to every lifeline; a lonely one's goes to the right. */
function drawToAll(cells: string[], from: number, at: readonly number[], label: string, width: number): void {
  const left = at[0]!;
  const last = at[at.length - 1]!;
  const right =
    from === last && from !== left ? from : Math.min(width - 1, from === last ? from + WIDEST : last + TAIL - 1);
  for (let x = left; x < right; x++) cells[x] = cells[x] === "│" ? "┼" : "─";
  if (right > from) cells[right] = "►";
  if (from > left) cells[left] = "◄";
  cells[from] = "●";
  if (right - from >= from - left) putLabel(cells, from + 2, right - 2, label);
  else putLabel(cells, left + 2, from - 2, label);
}

/** Over a line, between two columns, cut if need be. */
function putLabel(cells: string[], low: number, high: number, label: string): void {
  const room = high - low - 1;
  if (room < 3) return;
  const text = ` ${cutTo(label, room - 1)} `;
  put(cells, low, text);
}

function put(cells: string[], at: number, text: string): void {
  for (const [i, character] of [...text].entries()) cells[at + i] = character;
}

function cutTo(text: string, room: number): string {
  const characters = [...text];
  return characters.length <= room ? text : `${characters.slice(0, Math.max(0, room - 1)).join("")}…`;
}

function toLine(cells: readonly string[]): string {
  return Array.from(cells, (cell) => cell ?? " ")
    .join("")
    .trimEnd();
}
