/** Everything that is fuzzed. A new codec of packets/index.ts takes part by itself; a new view or tool gets a line here. */
import type { Target } from "../target.ts";
import { bpf } from "./bpf.ts";
import { codecs, reader } from "./codecs.ts";
import { sniffing } from "./sniff.ts";
import { TEXT_LINE, text } from "./text.ts";

export { CODECS } from "./codecs.ts";

export const TARGETS: readonly Target[] = [
  codecs,
  reader,
  text,
  // A sentence or two beside the line.
  sniffing("explain", () => ({ explain: true }), TEXT_LINE),
  // Names, quotes and braces for each field, of which most take a byte or two.
  sniffing("json", () => ({ format: "json", explain: true }), { constant: 4096, perByte: 160 }),
  // Values wrap at the terminal's width; what stands beside a field is bounded by its declaration. Colours cost an escape
  // sequence for each byte.
  sniffing("tree", (random) => ({ tree: { colour: random.below(2) === 0, width: 60 + random.below(80) } }), {
    constant: 4096,
    perByte: 48,
  }),
  bpf,
];
