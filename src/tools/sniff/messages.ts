/** What tcpdump writes to standard error before the first frame and after the last. */
import type { Link } from "../../link/link.ts";
import type { SniffCounters } from "./options.ts";

const MAX_SNAP_LENGTH = 262_144;

/** `listening on ve0, link-type EN10MB (Ethernet), snapshot length 262144 bytes` */
export function listeningLine(link: Pick<Link, "name">, snapLength = MAX_SNAP_LENGTH): string {
  return `listening on ${link.name}, link-type EN10MB (Ethernet), snapshot length ${snapLength} bytes\n`;
}

/** `reading from file lab.pcap, link-type EN10MB (Ethernet), snapshot length 262144` */
export function readingLine(path: string, snapLength = MAX_SNAP_LENGTH): string {
  return `reading from file ${path}, link-type EN10MB (Ethernet), snapshot length ${snapLength}\n`;
}

/** The three lines with the counters, after the frames of an interface; of a file tcpdump prints none. */
export function closingLines({ captured, received, dropped }: SniffCounters): string {
  return [
    `${packets(captured)} captured\n`,
    `${packets(received)} received by filter\n`,
    `${packets(dropped)} dropped by kernel\n`,
  ].join("");
}

/** What `--count` prints to standard output instead of the frames. */
export function countLine({ captured }: SniffCounters): string {
  return `${packets(captured)}\n`;
}

/** What tcpdump writes, after its name and a colon, when a signal (SIGUSR1) asks how far it is. */
export function progressLine({ captured, received, dropped }: SniffCounters): string {
  const parts = [`${packets(captured)} captured`, `${packets(received)} received by filter`];
  return `${parts.join(", ")}, ${packets(dropped)} dropped by kernel\n`;
}

function packets(count: number): string {
  return `${count} packet${count === 1 ? "" : "s"}`;
}
