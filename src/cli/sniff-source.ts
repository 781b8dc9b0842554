/** Where sniff's frames come from: one interface, several of them in whatever namespaces, or a capture file. */
import {
  type CaptureInterface,
  type CaptureReader,
  type CaptureSection,
  isCaptureError,
  openCapture,
} from "../capture/index.ts";
import type { Link } from "../link/link.ts";
import { UserError } from "../linux/errors.ts";
import type { Filter } from "../linux/libpcap.ts";
import type { NetworkNamespace } from "../linux/namespace.ts";
import { listeningLine, readingLine, SeveralLinks, type SniffSource } from "../tools/sniff/index.ts";
import { ANY, listInterfaces } from "./interface-list.ts";
import type { FilterCompiler } from "./sniff-filter.ts";

/** libpcap's, where a file has no limit. */
const MAX_SNAP_LENGTH = 262_144;
/** A receive ring of 32 MiB holds 160,000 small frames, or 20,000 full ones. Several interfaces share it. */
const RING_BYTES = 32 << 20;
const LEAST_RING_BYTES = 2 << 20;

export interface SourceOptions {
  readonly interfaces: readonly string[];
  readonly file: string | undefined;
  readonly netns: string | undefined;
  readonly direction: string | undefined;
  readonly promiscuous: boolean;
  /** Bytes of the receive ring, if they were given. */
  readonly ringBytes: number | undefined;
  readonly snapLength: number | undefined;
}

export interface Source {
  readonly frames: SniffSource;
  /** The open file, if it is one. */
  readonly reader: CaptureReader | null;
  readonly isLive: boolean;
  /** What is said about each interface that is known now, for the file that is written. */
  readonly interfaces: readonly { readonly name: string; readonly mac?: Uint8Array }[];
  /** What an open file says of itself. */
  readonly section: CaptureSection | undefined;
  /** What is left for us to filter. */
  readonly filter: Filter["program"] | undefined;
  /** What the filter was compiled to, for the file or the first of the interfaces; null if there is none. */
  readonly program: Filter | null;
  /** Lines before the first frame. */
  readonly opening: string;
  close(): void;
}

/** @throws {UserError} in one line. */
export async function openSource(options: SourceOptions, compile: FilterCompiler): Promise<Source> {
  const { interfaces, file } = options;
  if (interfaces.length === 0 && file === undefined)
    throw new UserError("look at what? Name an interface with -i, or a file with -r");
  if (interfaces.length > 0 && file !== undefined)
    throw new UserError("-i and -r do not go together: look at an interface, or at a file");
  return file === undefined ? liveSource(options, compile) : fileSource(file, compile);
}

async function fileSource(path: string, compile: FilterCompiler): Promise<Source> {
  const reader = await openCapture(path);
  if (isCaptureError(reader)) throw new UserError(`${path}: ${reader.message}`);
  if (reader.error !== null) {
    await reader.close();
    throw new UserError(`${path}: ${reader.error.message} (at byte ${reader.error.offset})`);
  }
  const snapLength = reader.interfaces[0]?.snapLength || MAX_SNAP_LENGTH;
  let program: Filter | null;
  try {
    program = compile({ file: true, snapLength });
  } catch (error) {
    await reader.close();
    throw error;
  }
  return {
    frames: reader,
    reader,
    isLive: false,
    interfaces: [],
    section: reader.sections[0],
    filter: program?.program,
    program,
    opening: readingLine(path, snapLengthOf(reader.interfaces[0])),
    close: () => void reader.close(),
  };
}

/** As libpcap takes it: no limit is its own. */
function snapLengthOf(first: CaptureInterface | undefined): number | undefined {
  const length = first?.snapLength ?? 0;
  return length > 0 && length < 0x7fffffff ? length : undefined;
}

/** An interface as the user names it: `ve0`, `ve0@NAMESPACE`, `any`. */
interface Place {
  readonly name: string;
  readonly netns: string | undefined;
}

function placeOf(text: string, netns: string | undefined): Place {
  const at = text.indexOf("@");
  return at < 0 ? { name: text, netns } : { name: text.slice(0, at), netns: text.slice(at + 1) };
}

async function liveSource(options: SourceOptions, compile: FilterCompiler): Promise<Source> {
  // What opens an interface is loaded when it is needed: a file is shown 30 ms sooner without.
  const { attach, enterNamespace, whyNothingPasses } = await import("./attach.ts");
  const places = options.interfaces.map((text) => placeOf(text, options.netns));
  const problems: string[] = [];
  const closing: (() => void)[] = [];
  const close = () => {
    for (const action of closing.reverse()) action();
  };
  /** What the kernel filters by at each interface; undefined if all are filtered here. */
  const forKernel = (wanted: readonly Place[]): (Filter | null)[] | undefined => {
    const filters = wanted.map(({ name, netns }) => {
      const namespace = enterNamespace(netns);
      try {
        return namespace === null ? compile({ interface: name }) : namespace.run(() => compile({ interface: name }));
      } finally {
        namespace?.close();
      }
    });
    return filters.every((filter) => filter?.kernel !== false) ? filters : undefined;
  };
  const open = ({ name, netns }: Place, ringBytes: number, filter: Filter | null | undefined): Link => {
    const attached = attach(name, {
      netns,
      mayBeDown: true,
      outgoing: options.direction !== "in",
      promiscuous: options.promiscuous,
      // A sniffer reads what it can and misses as little as possible.
      ring: "bulk",
      ringBytes,
      filter: filter ?? undefined,
    });
    closing.push(() => attached.close());
    const problem = whyNothingPasses(name, attached.namespace);
    if (problem !== null) problems.push(problem);
    return attached.link;
  };
  const rest = {
    reader: null,
    isLive: true,
    section: undefined,
    close,
  };
  const filtered = (filters: (Filter | null)[] | undefined) => {
    const program = filters === undefined ? compile() : (filters[0] ?? null);
    return { program, filter: filters === undefined ? program?.program : undefined };
  };
  const opening = (names: string) =>
    listeningLine({ name: names }, options.snapLength) +
    problems.map((problem) => `vethlab sniff: ${problem}\n`).join("");

  try {
    const [only, another] = places;
    if (only !== undefined && another === undefined && only.name !== ANY) {
      const place = numbered(only, enterNamespace);
      const filters = forKernel([place]);
      const link = open(place, options.ringBytes ?? RING_BYTES, filters?.[0]);
      const described = [{ name: link.name, mac: link.mac }];
      return {
        ...rest,
        ...filtered(filters),
        frames: link,
        interfaces: described,
        opening: opening(labelOf(place, options.netns)),
      };
    }
    const [{ systemEpoch }, { watchInterfaces }] = await Promise.all([
      import("../link/clock.ts"),
      import("./interface-watch.ts"),
    ]);
    const several = new SeveralLinks(systemEpoch);
    const add = (place: Place, ringBytes: number, filter: Filter | null | undefined) =>
      several.add({ link: open(place, ringBytes, filter), label: labelOf(place, options.netns) });
    let filters: (Filter | null)[] | undefined;
    const wanted = places.flatMap((place) => {
      const { name, netns } = place;
      if (name !== ANY) return [numbered(place, enterNamespace)];
      const namespace = enterNamespace(netns);
      const watch = watchInterfaces(namespace, (one) => {
        try {
          const place = { name: one, netns };
          const own = filters === undefined ? undefined : forKernel([place]);
          // As long as it is down, its kernel cannot be told what the others' filter by: when it comes up.
          if (filters !== undefined && own === undefined) return false;
          add(place, LEAST_RING_BYTES, own?.[0]);
          return true;
        } catch (error) {
          if (error instanceof UserError) return false;
          throw error;
        }
      });
      closing.push(() => namespace?.close());
      closing.push(() => watch.close());
      return watch.names.map((one) => ({ name: one, netns }));
    });
    const share = Math.max(LEAST_RING_BYTES, Math.floor((options.ringBytes ?? RING_BYTES) / wanted.length));
    filters = forKernel(wanted);
    for (const [i, place] of wanted.entries()) add(place, share, filters?.[i]);
    // With `any` an interface that is down is nothing to complain about.
    if (places.some(({ name }) => name === ANY)) problems.length = 0;
    const described = several.members.map(({ link, label }) => ({ name: label, mac: link.mac }));
    return {
      ...rest,
      ...filtered(filters),
      frames: several,
      interfaces: described,
      opening: opening(options.interfaces.join(", ")),
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** What stands in the lines: the namespace only where it is not the one that all are in. */
function labelOf({ name, netns }: Place, common: string | undefined): string {
  return netns === undefined || netns === common ? name : `${name}@${netns}`;
}

/** `-i 2` is the second interface that -D lists, unless one has that name. */
function numbered(place: Place, enter: (spec: string | undefined) => NetworkNamespace | null): Place {
  if (!/^\d+$/.test(place.name)) return place;
  const namespace = enter(place.netns);
  const list = listInterfaces(namespace);
  namespace?.close();
  if (list.some(({ name }) => name === place.name)) return place;
  const found = list[Number(place.name) - 1];
  if (found === undefined || found.name === ANY)
    throw new UserError(`no interface ${place.name} here: \`vethlab sniff -D\` shows their names and numbers`);
  return { ...place, name: found.name };
}
