/** Address families (IANA) that tcpdump has a word for. */
import type { Names } from "./names.ts";

export const AddressFamily = { Ipv4: 1, Ipv6: 2, Ieee802: 6 } as const;

const NAMES: Names = {
  0: "Reserved",
  1: "IPv4",
  2: "IPv6",
  3: "NSAP",
  4: "HDLC",
  5: "BBN 1822",
  6: "802",
  7: "E.163",
  8: "E.164",
  9: "F.69",
  10: "X.121",
  11: "Novell IPX",
  12: "Appletalk",
  13: "Decnet IV",
  14: "Banyan Vines",
  15: "E.164 with NSAP subaddress",
  25: "VPLS",
  196: "Layer-2 VPN",
};

/** The family's word, or `Unknown`. */
export function addressFamilyName(family: number): string {
  return NAMES[family] ?? "Unknown";
}
