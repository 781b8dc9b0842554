/**
 * What the fields of a protocol are, declared once: name, length, the text of their values, and the RFC that defines them.
 * The visitors beside this file say where they lie in a frame; the tree, the JSON and its schema are made from both.
 *
 * @example
 * const ARP = layer("arp", "Address Resolution Protocol", "RFC 826");
 * const OPERATION = ARP.number("operation", "Operation", 2, { names: operationName, nameKey: "operationName" });
 */
import { type Literal, literal } from "../text/writer.ts";

/** How a field's value is read and written. */
export const Kind = {
  /** An unsigned whole number. */
  Number: 0,
  /** The same, written in hexadecimal with all its digits: EtherTypes, checksums, protocol identifiers. */
  Hex: 1,
  /** A single bit. */
  Flag: 2,
  /** A number whose set bits have names; JSON has the names of those that are set, the lowest bit first. */
  Set: 3,
  Mac: 4,
  Ipv4: 5,
  Ipv6: 6,
  /** Characters as the sender wrote them: nobody vouches for them. */
  Text: 7,
  /** Bytes without a meaning that we know. */
  Bytes: 8,
  /** Text that is made from the bytes: a domain name, a bridge identifier. */
  Made: 9,
  /** A checksum: hexadecimal, and beside it whether it is right. */
  Checksum: 10,
  /** A signed whole number. */
  Signed: 11,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** What a node with children is. */
export const Shape = {
  /** A protocol's header: an object of `layers`. */
  Layer: 0,
  /** Several of a kind, such as options: an array. */
  List: 1,
  /** One of a list: an object. */
  Item: 2,
  /** A part of a header for the eye; JSON knows nothing of it, its fields are the layer's. */
  Group: 3,
  /** The layers of a packet that another one quotes: an array. */
  Layers: 4,
} as const;
export type Shape = (typeof Shape)[keyof typeof Shape];

export interface FieldOptions {
  /** Where it is defined, if not where its header is. */
  readonly source?: string;
  /** A value's meaning in words. */
  readonly names?: (value: number) => string;
  /** JSON's name for that meaning; without it only the tree has it. */
  readonly nameKey?: string;
  /** What a number counts: `bytes`, `s`, `ms`. */
  readonly unit?: string;
  /** For less than whole bytes: the number of bits before it, counted from the first byte's highest, and its own. */
  readonly bits?: readonly [before: number, count: number];
  /** False for what JSON says otherwise, such as each bit of a set. */
  readonly inJson?: boolean;
  /** False for what the tree shows otherwise, such as the length of a payload that is taken apart further. */
  readonly inTree?: boolean;
  /** Hexadecimal digits, if not two for each byte. */
  readonly digits?: number;
  /** A line about it for the documentation. */
  readonly note?: string;
}

/** One field. All of them have the same shape, which makes reading them cheap. */
export class FieldSpec {
  readonly owner: Container;
  /** JSON's name; empty for the elements of a list. */
  readonly key: string;
  /** The RFC's name. */
  readonly label: string;
  readonly kind: Kind;
  /** Bytes; 0 if that varies. */
  readonly length: number;
  readonly source: string;
  readonly names: ((value: number) => string) | null;
  readonly nameKey: string;
  readonly unit: string;
  readonly bitsBefore: number;
  /** 0 for whole bytes. */
  readonly bitCount: number;
  readonly inJson: boolean;
  readonly inTree: boolean;
  readonly digits: number;
  readonly note: string;
  /** `"key":`, and the same for the meaning and for a checksum's verdict. */
  readonly keyText: Literal;
  readonly nameText: Literal;
  readonly okText: Literal;
  readonly expectedText: Literal;

  constructor(owner: Container, key: string, label: string, kind: Kind, length: number, options: FieldOptions) {
    this.owner = owner;
    this.key = key;
    this.label = label;
    this.kind = kind;
    this.length = length;
    this.source = options.source ?? owner.source;
    this.names = options.names ?? null;
    this.nameKey = options.nameKey ?? "";
    this.unit = options.unit ?? "";
    this.bitsBefore = options.bits?.[0] ?? 0;
    this.bitCount = options.bits?.[1] ?? 0;
    this.inJson = options.inJson ?? true;
    this.inTree = options.inTree ?? true;
    this.digits = options.digits ?? 2 * length;
    this.note = options.note ?? "";
    this.keyText = literal(`"${key}":`);
    this.nameText = literal(`"${this.nameKey}":`);
    this.okText = literal(`"${key}Ok":`);
    this.expectedText = literal(`"${key}Expected":`);
  }
}

/** A layer, list or group: what holds fields, and the way to declare them. */
export class Container {
  readonly shape: Shape;
  /** A layer's `protocol`, a list's name in JSON. */
  readonly key: string;
  readonly label: string;
  readonly source: string;
  readonly fields: FieldSpec[] = [];
  readonly children: Container[] = [];
  /** `{"protocol":"ipv4"` of a layer, `"options":[` of a list. */
  readonly openText: Literal;
  /** Bytes after a layer's header. */
  readonly payload: FieldSpec | null;

  constructor(shape: Shape, key: string, label: string, source: string) {
    this.shape = shape;
    this.key = key;
    this.label = label;
    this.source = source;
    this.openText = literal(shape === Shape.Layer ? `{"protocol":"${key}"` : `"${key}":[`);
    const note = "bytes after this header";
    this.payload = shape === Shape.Layer ? this.number("payload", "Payload", 0, { unit: "bytes", note }) : null;
  }

  private add(key: string, label: string, kind: Kind, length: number, options: FieldOptions): FieldSpec {
    const field = new FieldSpec(this, key, label, kind, length, options);
    this.fields.push(field);
    return field;
  }

  /** An unsigned number of `length` bytes, in JSON a number. */
  number(key: string, label: string, length: number, options: FieldOptions = {}): FieldSpec {
    return this.add(key, label, Kind.Number, length, options);
  }

  /** The same with a sign. */
  signed(key: string, label: string, length: number, options: FieldOptions = {}): FieldSpec {
    return this.add(key, label, Kind.Signed, length, options);
  }

  /** An unsigned number that people read in hexadecimal, in JSON text as `0x0800`. */
  hex(key: string, label: string, length: number, options: FieldOptions = {}): FieldSpec {
    return this.add(key, label, Kind.Hex, length, options);
  }

  /** One bit of a field of `length` bytes, `before` bits after its first. */
  flag(key: string, label: string, length: number, before: number, options: FieldOptions = {}): FieldSpec {
    return this.add(key, label, Kind.Flag, length, { ...options, bits: [before, 1] });
  }

  /** A number whose bits have names. @param names a bit's name, given its value; "" for one without. */
  set(
    key: string,
    label: string,
    length: number,
    names: (bit: number) => string,
    options: FieldOptions = {},
  ): FieldSpec {
    return this.add(key, label, Kind.Set, length, { ...options, names });
  }

  mac(key: string, label: string, options: FieldOptions = {}): FieldSpec {
    return this.add(key, label, Kind.Mac, 6, options);
  }

  ipv4(key: string, label: string, options: FieldOptions = {}): FieldSpec {
    return this.add(key, label, Kind.Ipv4, 4, options);
  }

  ipv6(key: string, label: string, options: FieldOptions = {}): FieldSpec {
    return this.add(key, label, Kind.Ipv6, 16, options);
  }

  /** Characters, as many as the frame says; zeros behind them only fill up. */
  text(key: string, label: string, options: FieldOptions = {}): FieldSpec {
    return this.add(key, label, Kind.Text, 0, options);
  }

  /** Bytes, as many as the frame says; in JSON hexadecimal digits. */
  bytes(key: string, label: string, options: FieldOptions = {}): FieldSpec {
    return this.add(key, label, Kind.Bytes, 0, options);
  }

  /** Bytes that the RFC leaves unused, or that fill up: for the tree alone. */
  unused(label = "Reserved", options: FieldOptions = {}): FieldSpec {
    return this.bytes("", label, { ...options, inJson: false });
  }

  /** Text that the visitor makes. */
  made(key: string, label: string, options: FieldOptions = {}): FieldSpec {
    return this.add(key, label, Kind.Made, 0, options);
  }

  /** A checksum of 16 bits; JSON has `…Ok` beside it where it could be verified, and `…Expected` where it is wrong. */
  checksum(key: string, label: string, options: FieldOptions = {}): FieldSpec {
    return this.add(key, label, Kind.Checksum, 2, options);
  }

  /** An array of objects, or of bare values if its one field has an empty key. */
  list(key: string, label: string, source = this.source): Container {
    const list = new Container(Shape.List, key, label, source);
    this.children.push(list);
    return list;
  }

  /** Fields that belong together, for the tree. */
  group(label: string, source = this.source): Container {
    return new Container(Shape.Group, "", label, source);
  }

  /** The layers of a packet within this one. */
  layers(key: string, label: string, source = this.source): Container {
    const layers = new Container(Shape.Layers, key, label, source);
    this.children.push(layers);
    return layers;
  }
}

const registry: Container[] = [];

/** Declares a protocol. @param key JSON's `protocol`. */
export function layer(key: string, label: string, source: string): Container {
  const protocol = new Container(Shape.Layer, key, label, source);
  registry.push(protocol);
  return protocol;
}

/** All protocols whose visitors have been imported, in no particular order: for documentation and the schema. */
export function protocols(): readonly Container[] {
  return registry;
}
