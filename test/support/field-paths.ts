/** The fields of our JSON by their paths, with the bytes that they were read from: `ipv4.ttl`, `tcp.options.mss`. */
import {
  type Container,
  FieldReader,
  type FieldSink,
  type FieldSpec,
  JsonSink,
  Kind,
  Shape,
  Verdict,
} from "../../packets/fields/index.ts";
import { TextWriter } from "../../packets/text/index.ts";

export interface PathField {
  readonly path: string;
  /** As in the JSON. */
  readonly value: unknown;
  /** From the frame's first byte. */
  readonly offset: number;
  readonly length: number;
}

interface Place {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** Where each value of the JSON comes from, in its order. */
class PathSink implements FieldSink {
  readonly places: Place[] = [];
  private readonly paths: string[] = [];

  begin(): void {
    this.places.length = 0;
    this.paths.length = 0;
  }

  private get path(): string {
    return this.paths[this.paths.length - 1] ?? "";
  }

  private add(name: string, offset: number, length: number): void {
    this.places.push({ path: name === "" ? this.path : `${this.path}.${name}`, offset, length });
  }

  open(node: Container, isItem: boolean, off: number): void {
    if (isItem || node.shape === Shape.Group) this.paths.push(this.path);
    else if (node.shape === Shape.Layer) {
      this.paths.push(node.key);
      this.add("protocol", off, 0);
    } else this.paths.push(`${this.path}.${node.key}`);
  }

  close(): void {
    this.paths.pop();
  }

  number(field: FieldSpec, off: number, length: number, _value: number, name: string): void {
    if (!field.inJson) return;
    this.add(field.key, off, length);
    if (field.kind !== Kind.Set && field.nameKey !== "" && (field.names !== null || name !== ""))
      this.add(field.nameKey, off, length);
  }

  place(field: FieldSpec, off: number, length: number): void {
    if (field.inJson) this.add(field.key, off, length);
  }

  made(field: FieldSpec, off: number, length: number): void {
    if (field.inJson) this.add(field.key, off, length);
  }

  checksum(field: FieldSpec, off: number, _value: number, verdict: Verdict): void {
    this.add(field.key, off, 2);
    if (verdict === Verdict.Right || verdict === Verdict.Wrong) this.add(`${field.key}Ok`, off, 2);
    if (verdict === Verdict.Wrong) this.add(`${field.key}Expected`, off, 2);
  }

  problem(): void {}
}

const FAULT_KEYS = new Set(["fault", "faultText", "required", "available", "limit"]);

/** The values of the JSON in its order; a set's names count as one value. */
function flatten(value: unknown, key: string, into: unknown[]): void {
  if (Array.isArray(value) && value.every((one) => typeof one === "string") && SETS.has(key)) into.push(value);
  else if (Array.isArray(value)) for (const one of value) flatten(one, key, into);
  else if (typeof value === "object" && value !== null) {
    for (const [name, one] of Object.entries(value)) if (!FAULT_KEYS.has(name)) flatten(one, name, into);
  } else into.push(value);
}

const SETS = new Set(["flags", "capabilities", "enabled"]);

const out = new TextWriter();
const json = new JsonSink(out);
const paths = new PathSink();
const reader = new FieldReader();

/** Every field of a frame. @throws {Error} if the JSON and the places do not go together. */
export function fieldsOf(buf: Uint8Array, off: number, captured: number, length: number): PathField[] {
  out.clear();
  out.ascii("[");
  json.begin(buf);
  reader.read(json, buf, off, captured, length, false);
  out.ascii("]");
  paths.begin();
  reader.read(paths, buf, off, captured, length, false);
  const values: unknown[] = [];
  flatten(JSON.parse(out.toString()), "", values);
  if (values.length !== paths.places.length) {
    throw new Error(`${values.length} values of JSON and ${paths.places.length} places: ${out.toString()}`);
  }
  return paths.places.map((place, i) => ({
    path: place.path,
    value: values[i],
    offset: place.offset - off,
    length: place.length,
  }));
}
