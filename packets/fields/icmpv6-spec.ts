/** ICMPv6's layer, which several files add their fields to. */
import { layer } from "./spec.ts";

export const ICMPV6 = layer("icmpv6", "Internet Control Message Protocol version 6", "RFC 4443, 2.1");
