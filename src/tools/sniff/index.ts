/** The sniffer as a function over a source of frames and sinks. */
export { Explainer, type ExplainerOptions, type Explanation, type FrameKind } from "./explain.ts";
export { type FrameStamp, JSON_VERSION, JsonWriter, type Layer, layersOf } from "./json.ts";
export { jsonSchema } from "./json-schema.ts";
export { closingLines, countLine, listeningLine, progressLine, readingLine } from "./messages.ts";
export type {
  FrameFilter,
  SniffCounters,
  SniffIo,
  Sniffing,
  SniffOptions,
  SniffResult,
  SniffSource,
} from "./options.ts";
export { type Member, SeveralLinks } from "./several.ts";
export { sniff } from "./sniff.ts";
