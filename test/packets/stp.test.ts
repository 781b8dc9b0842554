import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as stp from "../../packets/stp.ts";
import { bytes, parsed, u8, u16, u32 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const config = {
  flags: u8,
  rootId: bytes(8),
  rootPathCost: u32,
  bridgeId: bytes(8),
  portId: u16,
  messageAge: u16,
  maxAge: u16,
  helloTime: u16,
  forwardDelay: u16,
};
const instance = fc.record({
  flags: u8,
  regionalRootId: bytes(8),
  internalPathCost: u32,
  bridgePriority: u8,
  portPriority: u8,
  remainingHops: u8,
});
const region = fc.record({
  name: bytes(32),
  revision: u16,
  digest: bytes(16),
  internalPathCost: u32,
  bridgeId: bytes(8),
  remainingHops: u8,
});
const early = fc.integer({ min: 0, max: 2 });
const later = fc.integer({ min: 3, max: 255 });
const bpdu: fc.Arbitrary<stp.StpBpdu> = fc.oneof(
  fc.record({ kind: fc.constant("config" as const), version: u8, ...config }),
  fc.record({ kind: fc.constant("rapid" as const), version: early, ...config }),
  fc.record({
    kind: fc.constant("multiple" as const),
    version: later,
    ...config,
    region,
    instances: fc.array(instance, { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("topology-change" as const), version: u8 }),
  fc.record({
    kind: fc.constant("other" as const),
    version: u8,
    type: u8.filter((type) => ![0, 2, 128].includes(type)),
  }),
);

/** A root that says so every 2 s, and a region `lab` of one instance. */
const CONFIG = fromHex("0000 00 00 01 8000020000000001 00000000 8000020000000001 8001 0000 1400 0200 0f00");
const MULTIPLE = stp.build({
  kind: "multiple",
  version: 3,
  flags: 0x7c,
  rootId: stp.bridgeId(0x8000, fromHex("020000000001")),
  rootPathCost: 20_000,
  bridgeId: stp.bridgeId(0x9000, fromHex("020000000002")),
  portId: 0x8002,
  messageAge: 0x0100,
  maxAge: 0x1400,
  helloTime: 0x0200,
  forwardDelay: 0x0f00,
  region: {
    name: Uint8Array.of(...fromHex("6c6162"), ...new Uint8Array(29)),
    revision: 1,
    digest: new Uint8Array(16),
    internalPathCost: 0,
    bridgeId: stp.bridgeId(0x9000, fromHex("020000000002")),
    remainingHops: 20,
  },
  instances: [
    {
      flags: 0x7c,
      regionalRootId: stp.bridgeId(0x8005, fromHex("020000000001")),
      internalPathCost: 7,
      bridgePriority: 0x80,
      portPriority: 0x80,
      remainingHops: 19,
    },
  ],
});

describe("stp", () => {
  test("accessors and layouts agree", () => {
    fc.assert(
      fc.property(bpdu, fc.nat(20), (value, off) => {
        const made = stp.build(value);
        const buf = new Uint8Array(off + made.length);
        buf.set(made, off);
        expect(stp.check(buf, off, buf.length)).toBe(Fault.None);
        expect(parsed(stp.parse(buf, off))).toEqual(value);
        expect(stp.version(buf, off)).toBe(value.version);
        if (value.kind === "other" || value.kind === "topology-change") return;
        expect(stp.flags(buf, off)).toBe(value.flags);
        expect(stp.portRole(buf, off)).toBe((value.flags >> 2) & 3);
        expect(stp.rootPathCost(buf, off)).toBe(value.rootPathCost);
        expect(stp.portId(buf, off)).toBe(value.portId);
        expect(stp.priority(buf, off, stp.ROOT_ID)).toBe(value.rootId[0]! * 256 + value.rootId[1]!);
        expect(stp.priority(buf, off, stp.BRIDGE_ID)).toBe(value.bridgeId[0]! * 256 + value.bridgeId[1]!);
        expect(stp.time(buf, off, stp.MESSAGE_AGE) * 256).toBe(value.messageAge);
        expect(stp.time(buf, off, stp.FORWARD_DELAY) * 256).toBe(value.forwardDelay);
        expect(stp.isMultiple(buf, off)).toBe(value.kind === "multiple");
        if (value.kind === "multiple") expect(stp.instanceCount(buf, off)).toBe(value.instances.length);
      }),
    );
  });

  test("the field tables name every byte once", () => {
    const { fields, span } = stp.configLayout;
    expect(fields.map(({ offset }) => offset)).toEqual([
      stp.PROTOCOL_ID,
      stp.VERSION,
      stp.TYPE,
      stp.FLAGS,
      stp.ROOT_ID,
      stp.ROOT_PATH_COST,
      stp.BRIDGE_ID,
      stp.PORT_ID,
      stp.MESSAGE_AGE,
      stp.MAX_AGE,
      stp.HELLO_TIME,
      stp.FORWARD_DELAY,
    ]);
    expect(span).toBe(stp.CONFIG_LENGTH);
    expect(stp.regionLayout.fields.map(({ offset }) => stp.VERSION_1_LENGTH + offset)).toEqual([
      stp.VERSION_1_LENGTH,
      stp.VERSION_3_LENGTH,
      stp.CONFIG_SELECTOR,
      stp.CONFIG_NAME,
      stp.CONFIG_REVISION,
      stp.CONFIG_DIGEST,
      stp.INTERNAL_PATH_COST,
      stp.CIST_BRIDGE_ID,
      stp.REMAINING_HOPS,
    ]);
    expect(stp.VERSION_1_LENGTH + stp.regionLayout.span).toBe(stp.MULTIPLE_LENGTH);
    expect(stp.instanceLayout.span).toBe(stp.INSTANCE_LENGTH);
  });

  test("reads a bridge that believes to be the root", () => {
    const value = parsed(stp.parse(CONFIG));
    expect(value).toMatchObject({ kind: "config", version: 0, flags: 1, rootPathCost: 0, portId: 0x8001 });
    expect(stp.time(CONFIG, 0, stp.HELLO_TIME)).toBe(2);
    expect(stp.time(CONFIG, 0, stp.FORWARD_DELAY)).toBe(15);
    expect(stp.priority(CONFIG, 0, stp.ROOT_ID)).toBe(0x8000);
    expect(toHex(stp.build(value))).toBe(toHex(CONFIG));
  });

  test("every cut of a BPDU is a fault", () => {
    for (const whole of [CONFIG, MULTIPLE]) {
      for (let end = 0; end < whole.length; end++) expect(stp.check(whole, 0, end)).toBe(Fault.Truncated);
      expect(stp.check(whole, 0, whole.length)).toBe(Fault.None);
    }
  });

  test("says why a BPDU cannot be read", () => {
    const other = CONFIG.slice();
    other[1] = 1;
    expect(stp.check(other, 0, other.length)).toBe(Fault.Version);
    const first = MULTIPLE.slice();
    first[stp.VERSION_1_LENGTH] = 1;
    expect(stp.check(first, 0, first.length)).toBe(Fault.Length);
    const third = MULTIPLE.slice();
    third[stp.VERSION_3_LENGTH + 1] = 63;
    expect(stp.check(third, 0, third.length)).toBe(Fault.Length);
    third[stp.VERSION_3_LENGTH + 1] = 64 + 17;
    expect(stp.check(third, 0, third.length)).toBe(Fault.Truncated);
  });

  test("no input makes it read beside the BPDU", () => {
    fc.assert(
      fc.property(hostile([CONFIG, MULTIPLE]), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = stp.check(view, off, end);
        expect(typeof stp.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        for (const read of [stp.version, stp.type, stp.isMultiple]) expectSound(read(view, off));
        if (!stp.typeName(stp.type(view, off)).startsWith("bpdu") && stp.type(view, off) !== 128)
          for (const read of [stp.flags, stp.portRole, stp.rootPathCost, stp.portId]) expectSound(read(view, off));
        if (stp.isMultiple(view, off)) {
          const count = stp.instanceCount(view, off);
          expect(stp.instanceOffset(off, count)).toBeLessThanOrEqual(end);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("an unknown type stays a number", () => {
    expect(stp.typeName(stp.BpduType.TopologyChange)).toBe("topology-change");
    expect(stp.typeName(0x81)).toBe("bpdu-0x81");
    for (const type of Object.values(stp.BpduType)) expect(stp.typeName(type)).not.toMatch(/^bpdu-/);
  });

  test("building refuses what does not fit", () => {
    const value = parsed(stp.parse(CONFIG));
    expect(() => stp.build({ ...value, version: 256 })).toThrow(/stp\.version takes/);
    expect(() => stp.build({ kind: "other", version: 0, type: 2 })).toThrow(/stp\.type/);
    const multiple = parsed(stp.parse(MULTIPLE));
    expect(() => stp.build({ ...multiple, version: 2 })).toThrow(/stp\.version/);
    if (multiple.kind !== "multiple") throw new Error("not what was built");
    const many = Array.from({ length: 65 }, () => multiple.instances[0]!);
    expect(() => stp.build({ ...multiple, instances: many })).toThrow(/stp\.instances takes/);
    expect(() => stp.bridgeId(0x10000, new Uint8Array(6))).toThrow(/stp\.priority takes/);
  });
});
