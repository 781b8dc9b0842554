/** The schema of `sniff --json`: a frame's own properties here, those of its layers from their declarations. */
import { frameSchema, type Schema } from "../../../packets/fields/index.ts";
import { JSON_VERSION } from "./json.ts";

const FRAME: Readonly<Record<string, Schema>> = {
  number: { type: "integer", minimum: 1, description: "the frame's number, counted from 1: explanations refer to it" },
  time: {
    type: "number",
    description:
      "Unix time in seconds, with nine digits: readers that keep numbers as doubles lose the last two or three of them",
  },
  version: { const: JSON_VERSION, description: "of this schema" },
  length: { type: "integer", minimum: 0, description: "bytes that the frame had on the wire" },
  captured: { type: "integer", minimum: 0, description: "bytes that were captured, from which the layers were read" },
  interface: { type: "string", description: "where it was seen; left out if a file does not say" },
  direction: { enum: ["in", "out"], description: "seen from the interface; left out if a file does not say" },
  checksumNotReady: {
    const: true,
    description: "the sender left the transport checksum to the hardware, so it was not verified",
  },
  padding: { type: "integer", minimum: 1, description: "bytes after the packet, up to the least length of a frame" },
  explanation: {
    type: "object",
    description: "with --explain",
    required: ["text", "kind", "refersTo"],
    properties: {
      text: { type: "string", description: "one line of English" },
      kind: { type: "string", description: "what the frame is" },
      refersTo: {
        type: "array",
        items: { type: "integer", minimum: 1 },
        description: "numbers of the frames that the text mentions: the question that this answers, say",
      },
      findings: {
        type: "array",
        description: "what is odd about it; left out if nothing is",
        items: {
          type: "object",
          required: ["code", "severity", "text", "refersTo"],
          properties: {
            code: { type: "string" },
            severity: { type: "string" },
            text: { type: "string" },
            refersTo: { type: "array", items: { type: "integer", minimum: 1 } },
          },
        },
      },
    },
  },
};
const REQUIRED = ["number", "time", "version", "length", "captured", "layers"];

/** The schema that schema/frame.schema.json holds. */
export function jsonSchema(): Schema {
  return frameSchema(JSON_VERSION, FRAME, REQUIRED);
}
