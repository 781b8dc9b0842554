/**
 * Why a header cannot be read. `check` functions return one of these numbers; they never throw and never allocate,
 * because what arrives from a network is data, not a mistake of the caller's.
 */
export const Fault = {
  /** Nothing wrong: every accessor of the module may be used on this header. */
  None: 0,
  /** Fewer bytes were captured than the header needs. */
  Truncated: 1,
  /** The version field names another protocol version. */
  Version: 2,
  /** A length field contradicts itself, the header's minimum or the bytes that are there. */
  Length: 3,
  /** The checksum does not match. */
  Checksum: 4,
  /** Hardware or protocol type, or their address lengths, are not those of Ethernet and IPv4. */
  AddressFormat: 5,
  /** More nested tags than {@link file://./frame.ts} follows. */
  Depth: 6,
} as const;
export type Fault = (typeof Fault)[keyof typeof Fault];

const NAMES = ["none", "truncated", "version", "length", "checksum", "address-format", "depth"];

/** The fault's name for people and JSON; an unknown number stays visible. */
export function faultName(fault: number): string {
  return NAMES[fault] ?? `fault-${fault}`;
}
