/** What is written fits the schema that the package ships, and the documentation says what the declarations say. */
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { TextWriter } from "../../../packets/text/index.ts";
import { isCaptureError, openCapture } from "../../../src/capture/index.ts";
import { Explainer, JsonWriter, jsonSchema } from "../../../src/tools/sniff/index.ts";
import { fieldTables } from "../../support/field-tables.ts";
import { textFrames } from "../../support/text-frames.ts";

const validate = new Ajv2020({ strict: false, allErrors: false, discriminator: false, validateFormats: false }).compile(
  jsonSchema(),
);

const out = new TextWriter();
const json = new JsonWriter(out);

/** The line of a frame, and what the schema says against it. */
function checked(buf: Uint8Array, off: number, captured: number, length: number, flags = 0): unknown {
  out.clear();
  const stamp = {
    number: 1,
    seconds: 1,
    nanoseconds: 5,
    originalLength: length,
    interface: "ve0",
    direction: 1,
    flags,
  };
  json.write(buf, off, captured, stamp, new Explainer().explain(buf, off, captured, length, 0));
  const line = JSON.parse(out.toString()) as unknown;
  if (!validate(line)) throw new Error(`${worst(validate.errors)}: ${out.toString()}`);
  return line;
}

function worst(errors: readonly ErrorObject[] | null | undefined): string {
  const deepest = [...(errors ?? [])].sort((a, b) => b.instancePath.length - a.instancePath.length)[0];
  return `${deepest?.instancePath} ${deepest?.message} ${JSON.stringify(deepest?.params)}`;
}

describe("the schema", () => {
  test("is the one that the package ships", async () => {
    await expect(`${JSON.stringify(jsonSchema(), null, 2)}\n`).toMatchFileSnapshot("../../../schema/frame.schema.json");
  });

  test("and the tables of docs/json-fields.md are made from the same declarations", async () => {
    await expect(fieldTables()).toMatchFileSnapshot("../../../docs/json-fields.md");
  });

  test("takes whole frames of every kind", async () => {
    const seen = new Set<string>();
    for (const name of ["fields/fields", "arp", "echo", "errors", "llc", "udp", "vlan", "text/kernel", "text/odd"]) {
      const reader = await openCapture(new URL(`../../captures/${name}.pcap`, import.meta.url).pathname);
      if (isCaptureError(reader)) throw new Error(reader.message);
      for await (const batch of reader) {
        for (let i = 0; i < batch.count; i++) {
          const line = checked(batch.buffer, batch.offset[i]!, batch.length[i]!, batch.originalLength[i]!);
          for (const { protocol } of (line as { layers: { protocol: string }[] }).layers) seen.add(protocol);
        }
      }
    }
    const layers = Object.keys(jsonSchema().$defs as object).filter((name) => name !== "layer" && name !== "ah");
    expect([...seen].sort()).toEqual(layers.sort());
  });

  test("takes frames that are cut or wrong", () => {
    for (const { bytes, length } of textFrames(7, 3000)) checked(bytes, 0, bytes.length, length);
  });

  test("refuses what is none", () => {
    expect(validate({ number: 1 })).toBe(false);
    const line = checked(new Uint8Array(20), 0, 20, 20) as { layers: object[] };
    expect(validate(line)).toBe(true);
    expect(validate({ ...line, layers: [{ protocol: "ethernet", type: 3 }] })).toBe(false);
    expect(validate({ ...line, layers: [{ protocol: "nothing" }] })).toBe(false);
  });
});
