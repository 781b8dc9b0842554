/** send over any link: templates with counters and random fields, or a capture replayed. */
export { type Field, type Variation, Xorshift } from "./fields.ts";
export { closingJson, closingLines, progressLine } from "./format.ts";
export { type Addresses, arpTemplate, echoTemplate, PART_NAMES, rawTemplate, type Vary } from "./patterns.ts";
export { ReplaySource, readFrames } from "./replay.ts";
export { type SendCounters, type SendOptions, type SendRun, startSend } from "./send.ts";
export type { FrameSource } from "./source.ts";
export { type ChecksumPart, type Template, TemplateSource } from "./template.ts";
