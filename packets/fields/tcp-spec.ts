/** TCP's layer, which its header and its options both add their fields to. */
import { layer } from "./spec.ts";

export const TCP = layer("tcp", "Transmission Control Protocol", "RFC 9293, 3.1");
