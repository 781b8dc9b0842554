/** DHCP's layer, which its header and its options both add their fields to. */
import { layer } from "./spec.ts";

export const DHCP = layer("dhcp", "Dynamic Host Configuration Protocol", "RFC 2131, 2");
