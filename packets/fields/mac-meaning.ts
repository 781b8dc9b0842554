/** What a MAC address says about itself. */
import * as mac from "../mac.ts";

/** `broadcast`, `multicast`, `not known` or `locally administered`; nothing about an address that a maker assigned. */
export function macMeaning(buf: Uint8Array, off: number): string {
  if (mac.isBroadcast(buf, off)) return "broadcast";
  if (mac.isZero(buf, off)) return "not known";
  if (mac.isMulticast(buf, off)) return "multicast";
  return mac.isLocal(buf, off) ? "locally administered" : "";
}
