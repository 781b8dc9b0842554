/** The JSON Schema of a frame's object, made from the fields' declarations: what docs/json.md and schema/ hold. */
import { type Container, type FieldSpec, Kind, protocols, Shape } from "./spec.ts";

/** A schema, or a part of one. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

const FAULT: Readonly<Record<string, Schema>> = {
  fault: {
    type: "string",
    description: "why the rest could not be read: truncated, length, version, depth, name, limit",
  },
  faultText: { type: "string", description: "the same in words" },
  required: { type: "integer", minimum: 0, description: "bytes needed, counted from this header's first" },
  available: { type: "integer", minimum: 0, description: "bytes that are there, counted likewise" },
  limit: { type: "string", description: "what set the end: captured length, IPv4 total length, …" },
};

/** The properties that a field has in JSON, by their names. */
function propertiesOf(field: FieldSpec): Record<string, Schema> {
  const description = `${field.label}${field.unit === "" ? "" : `, in ${field.unit}`} (${field.source})${field.note === "" ? "" : `: ${field.note}`}`;
  const properties: Record<string, Schema> = { [field.key]: { ...typeOf(field), description } };
  if (field.nameKey !== "" && field.kind !== Kind.Set) {
    properties[field.nameKey] = { type: "string", description: `what ${field.key} means` };
  }
  if (field.kind === Kind.Checksum) {
    properties[`${field.key}Ok`] = {
      type: "boolean",
      description: `whether ${field.key} is right; left out if that cannot be told, or it was left to the hardware`,
    };
    properties[`${field.key}Expected`] = { ...hexOf(4), description: `what ${field.key} should be, if it is wrong` };
  }
  return properties;
}

function hexOf(digits: number): Schema {
  return { type: "string", pattern: `^0x[0-9a-f]{${digits}}$` };
}

function typeOf(field: FieldSpec): Schema {
  switch (field.kind) {
    case Kind.Number:
      return field.unit === "s" && field.length === 2
        ? { type: "number", minimum: 0 }
        : { type: "integer", minimum: 0 };
    case Kind.Signed:
      return { type: "integer" };
    case Kind.Hex:
    case Kind.Checksum:
      return hexOf(field.digits);
    case Kind.Flag:
      return { type: "boolean" };
    case Kind.Set:
      return { type: "array", items: { type: "string" } };
    case Kind.Mac:
      return { type: "string", pattern: "^([0-9a-f]{2}:){5}[0-9a-f]{2}$" };
    case Kind.Ipv4:
      return { type: "string", format: "ipv4", pattern: "^\\d{1,3}(\\.\\d{1,3}){3}$" };
    case Kind.Ipv6:
      return { type: "string", format: "ipv6", pattern: "^[0-9a-f:.]+$" };
    case Kind.Bytes:
      return { type: "string", pattern: "^([0-9a-f]{2})*$" };
    default:
      return { type: "string" };
  }
}

/** Two fields of one name, such as an address of either version: any of them. */
function merged(one: Schema | undefined, other: Schema): Schema {
  if (one === undefined) return other;
  const { description: before, ...a } = one;
  const { description: after, ...b } = other;
  const description = before === after ? before : `${before}; or ${after}`;
  const options = "anyOf" in a ? (a.anyOf as Schema[]) : [a];
  if (options.some((option) => JSON.stringify(option) === JSON.stringify(b))) return { ...one, description };
  return { anyOf: [...options, b], description };
}

function objectOf(node: Container, first: Record<string, Schema>, required: readonly string[]): Schema {
  const properties: Record<string, Schema> = { ...first };
  for (const field of node.fields) {
    if (!field.inJson || field.key === "") continue;
    for (const [name, schema] of Object.entries(propertiesOf(field)))
      properties[name] = merged(properties[name], schema);
  }
  for (const child of node.children) {
    const description = `${child.label} (${child.source})`;
    properties[child.key] = { type: "array", description, items: itemsOf(child) };
  }
  return { type: "object", additionalProperties: false, required, properties: { ...properties, ...FAULT } };
}

function itemsOf(node: Container): Schema {
  if (node.shape === Shape.Layers) return { $ref: "#/$defs/layer" };
  const bare = node.fields.find((field) => field.key === "" && field.inJson);
  return bare === undefined ? objectOf(node, {}, []) : typeOf(bare);
}

/** @param version of the schema. @param frame properties of a frame beside its `layers`, and which of them it always has. */
export function frameSchema(version: number, frame: Record<string, Schema>, required: readonly string[]): Schema {
  const layers = [...protocols()].sort((a, b) => (a.key < b.key ? -1 : 1));
  const defs: Record<string, Schema> = {
    layer: {
      type: "object",
      required: ["protocol"],
      oneOf: layers.map((layer) => ({ $ref: `#/$defs/${layer.key}` })),
    },
  };
  for (const layer of layers) {
    const title = { protocol: { const: layer.key, description: `${layer.label} (${layer.source})` } };
    defs[layer.key] = objectOf(layer, title, ["protocol"]);
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: `A frame as vethlab sniff --json writes it, version ${version}`,
    type: "object",
    required,
    properties: { ...frame, layers: { type: "array", items: { $ref: "#/$defs/layer" } } },
    additionalProperties: false,
    $defs: defs,
  };
}
