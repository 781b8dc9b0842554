/** What tshark reads in a capture: every field of every frame with its place, from its PDML. */
import { spawnSync } from "node:child_process";

/** One field: the value as tshark shows it, and where it stands. */
export interface TsharkField {
  readonly show: string;
  readonly offset: number;
  readonly length: number;
}

/** A frame's fields by their names, in the order of the packet; those that tshark hides are left out. */
export type TsharkFrame = ReadonlyMap<string, readonly TsharkField[]>;

/**
 * So that tshark says what stands in each frame, and not what it concludes from several: no reassembly, sequence numbers
 * as they are, no conversation decides what a packet is; checksums verified.
 */
const OPTIONS = [
  "ip.defragment:FALSE",
  "ipv6.defragment:FALSE",
  "tcp.desegment_tcp_streams:FALSE",
  "tcp.relative_sequence_numbers:FALSE",
  "tcp.analyze_sequence_numbers:FALSE",
  "ip.check_checksum:TRUE",
  "tcp.check_checksum:TRUE",
  "udp.check_checksum:TRUE",
  "ip.tso_support:TRUE",
  "ip.use_geoip:FALSE",
];

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function plain(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|(\w+));/gi, (_, hex?: string, name?: string) =>
    hex !== undefined ? String.fromCharCode(Number.parseInt(hex, 16)) : (ENTITIES[name ?? ""] ?? "?"),
  );
}

const FIELD = /^ *<(?:field|proto) name="([^"]*)"(.*)>$/;
const ATTRIBUTE = /(\w+)="([^"]*)"/g;

/** The frames of a capture file, read by one run of tshark. */
export function tsharkFrames(path: string): TsharkFrame[] {
  const run = spawnSync("tshark", ["-n", "-r", path, "-T", "pdml", ...OPTIONS.flatMap((one) => ["-o", one])], {
    encoding: "latin1",
    env: { ...process.env, TZ: "UTC" },
    maxBuffer: 1 << 30,
  });
  if (run.error !== undefined) throw run.error;
  const frames: TsharkFrame[] = [];
  let fields = new Map<string, TsharkField[]>();
  for (const line of run.stdout.split("\n")) {
    if (line.startsWith("<packet>")) {
      fields = new Map();
      frames.push(fields);
      continue;
    }
    const match = FIELD.exec(line);
    if (match === null || match[1] === "") continue;
    const attributes: Record<string, string> = {};
    for (const [, key, value] of match[2]!.matchAll(ATTRIBUTE)) attributes[key!] = value!;
    if (attributes.hide === "yes") continue;
    const name = match[1]!;
    const one = {
      show: plain(attributes.show ?? ""),
      offset: Number(attributes.pos ?? -1),
      length: Number(attributes.size ?? 0),
    };
    const known = fields.get(name);
    if (known === undefined) fields.set(name, [one]);
    else known.push(one);
  }
  return frames;
}
