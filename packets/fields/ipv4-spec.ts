/** IPv4's layer, which its header and its options both add their fields to. */
import { layer } from "./spec.ts";

export const IPV4 = layer("ipv4", "Internet Protocol version 4", "RFC 791, 3.1");
