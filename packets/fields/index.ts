/** The fields of frames: where they lie, what they mean and who defines them; as a tree and as JSON. */
export { FieldReader } from "./frame.ts";
export { JsonSink } from "./json.ts";
export { frameSchema, type Schema } from "./schema.ts";
export { type FieldSink, type Problem, Verdict } from "./sink.ts";
export { Container, FieldSpec, Kind, protocols, Shape } from "./spec.ts";
export { type Row, TreeSink } from "./tree.ts";
export { type TreeOptions, TreePrinter } from "./tree-printer.ts";
