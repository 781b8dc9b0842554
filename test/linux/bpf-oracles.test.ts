import koffi from "koffi";
import { beforeAll, describe, expect, test } from "vitest";
import { BpfProgram } from "../../packets/bpf.ts";
import { ethernet, mac, vlan } from "../../packets/index.ts";
import { formatAssembler } from "../../packets/text/bpf.ts";
import { queryInterfaces } from "../../src/linux/interface.ts";
import { libpcapVersion } from "../../src/linux/libpcap.ts";
import { FilteredSocket, KernelFilter } from "../support/kernel-filter.ts";
import { needs } from "../support/privilege.ts";
import { Dice } from "../support/text-frames.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

type Instruction = readonly [code: number, jt: number, jf: number, k: number];

function assemble(list: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * list.length));
  list.forEach(([code, jt, jf, k], i) => {
    view.setUint16(8 * i, code, true);
    view.setUint8(8 * i + 2, jt);
    view.setUint8(8 * i + 3, jf);
    view.setUint32(8 * i + 4, k, true);
  });
  return new Uint8Array(view.buffer);
}

const hasLibpcap = libpcapVersion() !== null;

describe.skipIf(!hasLibpcap)(`bpf_image${hasLibpcap ? "" : " (skipped: apt-get install libpcap0.8)"}`, () => {
  test("every instruction is written as libpcap writes it", () => {
    const image = koffi.load("libpcap.so.0.8").func("const char *bpf_image(const void *instruction, int n)");
    const dice = new Dice(1);
    const values = [0, 1, 14, 0x806, 0x7fffffff, 0x80000000, 0xffffffff, 0xfff00000, 0xffe00000];
    for (let i = -4; i < 68; i++) values.push((0xfffff000 + i) >>> 0);
    for (let code = 0; code < 0x200; code++) {
      for (const k of [...values, dice.below(2 ** 32)]) {
        const n = dice.below(1500);
        const one: Instruction = [code, dice.below(256), dice.below(256), k];
        const whole = formatAssembler(assemble([...Array<Instruction>(n % 20).fill([6, 0, 0, 0]), one]));
        expect(whole.split("\n").at(-2)).toBe(image(assemble([one]), n % 20));
      }
    }
  });
});

const ARITHMETIC = [
  0x04, 0x14, 0x24, 0x44, 0x54, 0xa4, 0x0c, 0x1c, 0x2c, 0x3c, 0x9c, 0x4c, 0x5c, 0xac, 0x6c, 0x7c, 0x84,
];
const CONSTANTS = [0x00, 0x01, 0x80, 0x81, 0x07, 0x87];
const LOADS = [0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0xb1];
const JUMPS = [0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d];

function value(dice: Dice): number {
  switch (dice.below(5)) {
    case 0:
      return dice.below(2 ** 32);
    case 1:
      return (2 ** 32 - 1 - dice.below(70)) >>> 0;
    default:
      return dice.below(70);
  }
}

/** A program that the kernel takes most times: it stores all memory before, and ends with `A + X` in A. */
function randomProgram(dice: Dice): Instruction[] {
  const body = Array.from({ length: 1 + dice.below(30) }, (): Instruction => {
    switch (dice.below(7)) {
      case 0:
      case 1:
        return [dice.pick(ARITHMETIC), 0, 0, value(dice)];
      case 2:
        return dice.chance(0.5)
          ? [dice.pick([0x34, 0x94]), 0, 0, value(dice) || 1]
          : [dice.pick([0x64, 0x74]), 0, 0, dice.below(32)];
      case 3:
        return [dice.pick(CONSTANTS), 0, 0, value(dice)];
      case 4:
        // Beyond the frame the program ends: most loads are inside it.
        return [dice.pick(LOADS), 0, 0, dice.chance(0.1) ? value(dice) & 0x7fffffff : dice.below(20)];
      case 5:
        return [dice.pick([0x60, 0x61, 0x02, 0x03]), 0, 0, dice.below(16)];
      default:
        return [dice.pick(JUMPS), dice.below(256), dice.below(256), value(dice)];
    }
  });
  const stores = Array.from({ length: 16 }, (_, k): Instruction => [0x02, 0, 0, k]);
  const all: Instruction[] = [...stores, ...body, [0x0c, 0, 0, 0]];
  return all.map(([code, jt, jf, k], i) => {
    const left = all.length - i;
    return (code & 7) === 5 ? [code, jt % left, jf % left, k] : [code, jt, jf, k];
  });
}

const KNOWN_NOTHING = { protocol: 0, packetType: 0, interfaceIndex: 0, hasVlanTag: false, vlanTci: 0, vlanTpid: 0 };

/**
 * What the kernel leaves in A at the program's end, asked for by comparison: 0 the program ended before its end, 1 A is
 * another value, 2 A is this one.
 */
const compare = (program: readonly Instruction[], expected: number): Instruction[] => [
  ...program,
  [0x15, 0, 1, expected],
  [0x06, 0, 0, 2],
  [0x06, 0, 0, 1],
];

describe("the kernel's machine", () => {
  let kernel: KernelFilter;
  beforeAll(() => {
    kernel = new KernelFilter();
    return () => kernel[Symbol.dispose]();
  });

  test("gives the same on random programs and frames", () => {
    const dice = new Dice(4);
    let taken = 0;
    let ended = 0;
    for (let i = 0; i < 3000; i++) {
      const program = randomProgram(dice);
      const frame = dice.bytes(2 + dice.below(60));
      const a = new BpfProgram(assemble([...program, [0x16, 0, 0, 0]])).run(
        frame,
        0,
        frame.length,
        frame.length,
        KNOWN_NOTHING,
      );
      const code = assemble(compare(program, a));
      if (!kernel.attach(code)) continue;
      taken++;
      const ours = new BpfProgram(code).run(frame, 0, frame.length, frame.length, KNOWN_NOTHING);
      if (ours === 2) ended++;
      expect(
        kernel.run(frame),
        `program ${i}:\n${formatAssembler(code)}frame ${Buffer.from(frame).toString("hex")}`,
      ).toBe(ours);
    }
    // Nearly all are taken, and many come to their end.
    expect(taken).toBeGreaterThan(2500);
    expect(ended).toBeGreaterThan(500);
  });
});

/** Loads of what lies beside the frame, and from its two headers. */
function ancillaryProgram(dice: Dice): Instruction[] {
  const known = [0, 4, 8, 40, 44, 48, 60].map((at) => (0xfffff000 + at) >>> 0);
  const body = Array.from({ length: 1 + dice.below(8) }, (): Instruction => {
    switch (dice.below(5)) {
      case 0:
      case 1:
        return [dice.pick([0x20, 0x28, 0x30]), 0, 0, dice.pick(known)];
      case 2:
        return [dice.pick([0x20, 0x28, 0x30, 0xb1]), 0, 0, dice.pick([0xfff00000, 0xffe00000]) + dice.below(70)];
      case 3:
        return [
          dice.pick([0x40, 0x48, 0x50]),
          0,
          0,
          dice.pick([0, 0xfffffff0, 0xfff00000, 0xffe00000]) + dice.below(16),
        ];
      default:
        return [dice.pick([0x07, 0x87, 0x0c, 0x01]), 0, 0, dice.below(40)];
    }
  });
  return [...body, [0x0c, 0, 0, 0]];
}

needs({ netns: true }).test("a packet socket gives the same on loads of what only the kernel knows", async () => {
  using wire = new Wire();
  const link = wire.openLink(wire.ve0);
  const index = wire.ve1.namespace.kernel.run(() => queryInterfaces((query) => query.index("ve1")));
  // The one that is made first gets each frame last: what it has, the other has had.
  using all = wire.ve1.namespace.kernel.run(() => new FilteredSocket(index));
  using filtered = wire.ve1.namespace.kernel.run(() => new FilteredSocket(index));
  const dice = new Dice(7);
  let taken = 0;
  let ended = 0;
  for (let i = 0; i < 600; i++) {
    const program = ancillaryProgram(dice);
    const frame = ethernet.build({
      dst: mac.BROADCAST,
      src: link.mac,
      type: dice.pick([0x0806, 0x0800, 0x88b5]),
      payload: dice.bytes(46 + dice.below(20)),
    });
    const tag = dice.chance(0.5) ? { tpid: dice.pick([0x8100, 0x88a8]), tci: dice.below(0x10000) } : null;
    const facts = {
      protocol: ethernet.etherType(frame, 0),
      packetType: 1,
      interfaceIndex: index,
      hasVlanTag: tag !== null,
      vlanTci: tag?.tci ?? 0,
      vlanTpid: tag?.tpid ?? 0,
    };
    const run = (instructions: readonly Instruction[]) =>
      new BpfProgram(assemble(instructions)).run(frame, 0, frame.length, frame.length, facts);
    const code = assemble(compare(program, run([...program, [0x16, 0, 0, 0]])));
    if (!filtered.attach(code)) continue;
    taken++;
    const ours = run(compare(program, run([...program, [0x16, 0, 0, 0]])));
    if (ours === 2) ended++;
    const off = link.reserve(frame.length + 4);
    link.tx.set(frame, off);
    const end = off + frame.length;
    link.commit((tag === null ? end : vlan.insert(link.tx, off, end, tag.tpid, tag.tci)) - off);
    link.flush();
    await until(() => all.take() >= 0);
    const kept = Math.max(0, filtered.take());
    expect(kept, `program ${i}:\n${formatAssembler(code)}${JSON.stringify(facts)}`).toBe(ours);
  }
  expect(taken).toBeGreaterThan(300);
  expect(ended).toBeGreaterThan(100);
});
