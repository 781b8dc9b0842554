/** The filter machine: programs of random instructions, with and without what a kernel knows. */
import type { Random } from "../../bench/random.ts";
import { ancillaryOf, BpfProgram, INSTRUCTION_LENGTH } from "../../packets/bpf.ts";
import type { Target } from "../target.ts";
import { writeValue } from "../value.ts";

const CODES = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0c, 0x14, 0x15, 0x16, 0x1c, 0x1d, 0x20, 0x20, 0x24, 0x25, 0x28,
  0x28, 0x2c, 0x2d, 0x30, 0x30, 0x34, 0x35, 0x3c, 0x3d, 0x40, 0x44, 0x45, 0x48, 0x4c, 0x4d, 0x50, 0x54, 0x5c, 0x60,
  0x61, 0x64, 0x6c, 0x74, 0x7c, 0x80, 0x81, 0x84, 0x87, 0x94, 0x9c, 0xa4, 0xac, 0xb1,
];
const PROGRAMS = 4;

function program(random: Random): BpfProgram {
  const count = 1 + random.below(40);
  const code = new Uint8Array(count * INSTRUCTION_LENGTH);
  const view = new DataView(code.buffer);
  for (let at = 0; at < code.length; at += INSTRUCTION_LENGTH) {
    view.setUint16(at, random.below(50) === 0 ? random.below(0x200) : random.pick(CODES), true);
    view.setUint8(at + 2, random.below(8));
    view.setUint8(at + 3, random.below(8));
    view.setInt32(at + 4, operand(random), true);
  }
  return new BpfProgram(code);
}

function operand(random: Random): number {
  switch (random.below(6)) {
    case 0:
      return random.next() | 0;
    case 1:
      return -random.below(8);
    case 2:
      return random.pick([-0x1000, -0x100000, -0x200000]) + random.below(70);
    default:
      return random.below(80);
  }
}

export const bpf: Target = {
  name: "bpf",
  start(random) {
    const programs = Array.from({ length: PROGRAMS }, () => program(random));
    const own = Uint8Array.of(2, 0, 0, 0, 0, 2);
    return ({ buf, off, end }, { originalLength, direction }, _number, out) => {
      const length = end - off;
      for (const one of programs) {
        writeValue(out, one.run(buf, off, length, originalLength));
        writeValue(out, one.run(buf, off, length, length, ancillaryOf(buf, off, length, direction === 1, own)));
      }
    };
  },
};
