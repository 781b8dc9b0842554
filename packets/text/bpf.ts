/**
 * Filter programs as tcpdump prints them: `-d` as assembler, `-dd` as the initialiser of a C array, `-ddd` as decimal
 * numbers with their count before them.
 */
import { ANCILLARY_OFFSET, INSTRUCTION_LENGTH } from "../bpf.ts";

/** One instruction, `k` unsigned. */
interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** How an operand is written: `k` in decimal (signed, as tcpdump does) or hexadecimal takes the place of `%`. */
type Form = readonly [name: string, operand: string, radix?: 10 | 16];

const FORMS: ReadonlyMap<number, Form> = new Map([
  [0x06, ["ret", "#%"]],
  [0x16, ["ret", ""]],
  [0x20, ["ld", "[%]"]],
  [0x28, ["ldh", "[%]"]],
  [0x30, ["ldb", "[%]"]],
  [0x80, ["ld", "#pktlen"]],
  [0x40, ["ld", "[x + %]"]],
  [0x48, ["ldh", "[x + %]"]],
  [0x50, ["ldb", "[x + %]"]],
  [0x00, ["ld", "#%", 16]],
  [0x01, ["ldx", "#%", 16]],
  [0xb1, ["ldxb", "4*([%]&0xf)"]],
  [0x60, ["ld", "M[%]"]],
  [0x61, ["ldx", "M[%]"]],
  [0x02, ["st", "M[%]"]],
  [0x03, ["stx", "M[%]"]],
  ...both(0x25, "jgt"),
  ...both(0x35, "jge"),
  ...both(0x15, "jeq"),
  ...both(0x45, "jset"),
  ...both(0x04, "add", 10),
  ...both(0x14, "sub", 10),
  ...both(0x24, "mul", 10),
  ...both(0x34, "div", 10),
  ...both(0x94, "mod", 10),
  ...both(0x54, "and"),
  ...both(0x44, "or"),
  ...both(0xa4, "xor"),
  ...both(0x64, "lsh", 10),
  ...both(0x74, "rsh", 10),
  [0x84, ["neg", ""]],
  [0x07, ["tax", ""]],
  [0x87, ["txa", ""]],
]);

/** An instruction that takes its operand from `k`, and its twin that takes X. */
function both(code: number, name: string, radix: 10 | 16 = 16): [number, Form][] {
  return [
    [code, [name, "#%", radix]],
    [code | 8, [name, "x"]],
  ];
}

const JA = 0x05;
const CLASS_MASK = 7;
const CLASS_JUMP = 5;
/** Of a jump; 0 means that it has no condition. */
const OPERATION_MASK = 0xf0;
/** Absolute loads: a word, half a word, a byte. */
const ABSOLUTE = [0x20, 0x28, 0x30];

/** What Linux gives at its negative offsets (linux/filter.h, SKF_AD_*), by libpcap's names. */
const ANCILLARY: Readonly<Record<number, string>> = {
  0: "proto",
  4: "type",
  8: "ifidx",
  12: "nla",
  16: "nlan",
  20: "mark",
  24: "queue",
  28: "hatype",
  32: "rxhash",
  36: "cpu",
  40: "xor_x",
  44: "vlan_tci",
  48: "vlanp",
  52: "poff",
  56: "random",
  60: "vlan_tpid",
};

/**
 * The program as `tcpdump -d` prints it: a line an instruction, with its number, name and operand, and where it jumps to.
 * @param code 8 bytes an instruction (struct sock_filter). @param littleEndian their byte order.
 */
export function formatAssembler(code: Uint8Array, littleEndian = true): string {
  return lines(instructions(code, littleEndian).map(assembler));
}

/** The program as `tcpdump -dd` prints it: what a C array of struct sock_filter is initialised with. */
export function formatC(code: Uint8Array, littleEndian = true): string {
  return lines(
    instructions(code, littleEndian).map(
      ({ code: op, jt, jf, k }) => `{ 0x${op.toString(16)}, ${jt}, ${jf}, 0x${k.toString(16).padStart(8, "0")} },`,
    ),
  );
}

/** The program as `tcpdump -ddd` prints it: the number of instructions, then each as four decimal numbers. */
export function formatDecimal(code: Uint8Array, littleEndian = true): string {
  const all = instructions(code, littleEndian);
  return lines([`${all.length}`, ...all.map(({ code: op, jt, jf, k }) => `${op} ${jt} ${jf} ${k}`)]);
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

function instructions(code: Uint8Array, littleEndian: boolean): Instruction[] {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  return Array.from({ length: Math.floor(code.length / INSTRUCTION_LENGTH) }, (_, i) => {
    const at = i * INSTRUCTION_LENGTH;
    return {
      code: view.getUint16(at, littleEndian),
      jt: view.getUint8(at + 2),
      jf: view.getUint8(at + 3),
      k: view.getUint32(at + 4, littleEndian),
    };
  });
}

function assembler(instruction: Instruction, n: number): string {
  const { code, jt, jf } = instruction;
  const [name, operand] = describe(instruction, n);
  const start = `(${String(n).padStart(3, "0")}) ${name.padEnd(8)} `;
  if ((code & CLASS_MASK) !== CLASS_JUMP || (code & OPERATION_MASK) === 0) return start + operand;
  return `${start}${operand.padEnd(16)} jt ${n + 1 + jt}\tjf ${n + 1 + jf}`;
}

function describe({ code, k }: Instruction, n: number): [name: string, operand: string] {
  if (code === JA) return ["ja", `${(n + 1 + k) | 0}`];
  const form = FORMS.get(code);
  if (form === undefined) return ["unimp", `0x${code.toString(16)}`];
  const [name, pattern, radix] = form;
  if (ABSOLUTE.includes(code)) {
    const asked = ANCILLARY[(k | 0) - ANCILLARY_OFFSET];
    if (asked !== undefined) return [name, `[${asked}]`];
  }
  return [name, pattern.replace("%", radix === 16 ? `0x${k.toString(16)}` : `${k | 0}`)];
}
