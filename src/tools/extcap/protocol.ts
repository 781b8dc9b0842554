/**
 * What Wireshark's capture programs say of themselves (extcap(4), Wireshark's doc/extcap.adoc): sentences of a word and
 * `{key=value}` pairs, on standard output.
 */

/** Something that can be captured on. */
export interface CapturePoint {
  /** What Wireshark calls it: it comes back as --extcap-interface. */
  readonly name: string;
  /** What people read. */
  readonly display: string;
}

/** An option of the capture dialog. */
export interface CaptureOption {
  /** The option on the command line, such as `--snaplen`. */
  readonly call: string;
  readonly display: string;
  readonly tooltip: string;
  readonly type: "integer" | "boolflag";
  /** `0,262144` */
  readonly range?: string;
  readonly default: string;
}

/** Bytes kept of each frame. */
export const SNAPLEN = "--snaplen";
/** Comments that say what each frame means. */
export const EXPLAIN = "--explain";

export const OPTIONS: readonly CaptureOption[] = [
  {
    call: SNAPLEN,
    display: "Snapshot length",
    tooltip: "Bytes kept of each frame",
    type: "integer",
    range: "1,262144",
    default: "262144",
  },
  {
    call: EXPLAIN,
    display: "Explain each frame",
    tooltip: "A comment on each frame says what it is for, and which earlier frame it answers",
    type: "boolflag",
    default: "false",
  },
];

/** `--extcap-interfaces`: who this is, and what can be captured on. */
export function interfacesText(version: string, help: string, points: readonly CapturePoint[]): string {
  return [
    sentence("extcap", { version, help, display: "vethlab: virtual Ethernet labs" }),
    ...points.map(({ name, display }) => sentence("interface", { value: name, display })),
  ].join("");
}

/** `--extcap-dlts`: every end of a lab is an Ethernet (LINKTYPE_ETHERNET). */
export function linkTypesText(): string {
  return sentence("dlt", { number: "1", name: "EN10MB", display: "Ethernet" });
}

/** `--extcap-config`: the options of the capture dialog. */
export function configText(): string {
  return OPTIONS.map(({ call, display, tooltip, type, range, default: value }, number) =>
    sentence("arg", {
      number: String(number),
      call,
      display,
      tooltip,
      type,
      ...(range === undefined ? {} : { range }),
      default: value,
    }),
  ).join("");
}

/** Braces would end a value, and a line break the sentence. */
function sentence(word: string, values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([key, value]) => `{${key}=${value.replace(/[{}\r\n]/g, " ")}}`);
  return `${word} ${pairs.join("")}\n`;
}
