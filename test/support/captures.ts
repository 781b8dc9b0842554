import { readFileSync } from "node:fs";

/** A frame that another tool made, and what tshark reads in it: field name to its values, outermost header first. */
export interface CapturedFrame {
  readonly bytes: Uint8Array;
  readonly tshark: Readonly<Record<string, readonly (number | string)[]>>;
}

const DIRECTORY = new URL("../captures/", import.meta.url);
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** Reads test/captures/NAME.pcap (little-endian, microseconds) beside NAME.jsonl. See the README there. */
export function readCapture(name: string): CapturedFrame[] {
  const file = readFileSync(new URL(`${name}.pcap`, DIRECTORY));
  if (file.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error(`${name}.pcap has another format`);
  const lines = readFileSync(new URL(`${name}.jsonl`, DIRECTORY), "utf8")
    .trimEnd()
    .split("\n");
  const frames = lines.map((line) => JSON.parse(line) as Record<string, string[]>);
  let at = FILE_HEADER;
  const read = frames.map((fields) => {
    const length = file.readUInt32LE(at + 8);
    const start = at + RECORD_HEADER;
    at = start + length;
    return { bytes: Uint8Array.from(file.subarray(start, at)), tshark: numbersIn(fields) };
  });
  if (at !== file.length) throw new Error(`${name}.pcap and ${name}.jsonl have different numbers of frames`);
  return read;
}

/** Values as numbers where tshark writes one, decimal or hexadecimal; addresses stay text. */
function numbersIn(fields: Record<string, string[]>): Record<string, (number | string)[]> {
  const read = (text: string) => (/^-?\d+$|^0x[0-9a-f]+$/.test(text) ? Number(text) : text);
  return Object.fromEntries(Object.entries(fields).map(([field, values]) => [field, values.map(read)]));
}
