/**
 * The classic Berkeley Packet Filter: a machine with an accumulator A, an index register X, 16 words of memory and jumps
 * (McCanne and Jacobson, "The BSD Packet Filter", 1993; Linux, Documentation/networking/filter.rst). libpcap compiles
 * filter expressions to it. This interpreter runs such programs over frames from files, and over live ones where the
 * kernel cannot (see src/linux/libpcap.ts).
 */

/** Bytes of one instruction, struct sock_filter: code (16 bits), jt, jf (8 each), k (32). */
export const INSTRUCTION_LENGTH = 8;

const MEMORY_WORDS = 16;
/** libpcap's `ip6 protochain` jumps backwards; this many times at most, so that every program ends. */
const MAX_BACKWARD_JUMPS = 64;

/** A program that is ready to run. Making one costs a few microseconds, running it allocates nothing. */
export class BpfProgram {
  /** Number of instructions. */
  readonly length: number;
  readonly #code: Uint16Array;
  readonly #jt: Uint8Array;
  readonly #jf: Uint8Array;
  readonly #k: Int32Array;
  readonly #memory = new Int32Array(MEMORY_WORDS);
  /** True if the program reads from memory, which must then begin as zeros. */
  readonly #readsMemory: boolean;

  /** @param code 8 bytes an instruction; a part of one at the end is ignored. @param littleEndian their byte order. */
  constructor(code: Uint8Array, littleEndian = true) {
    const count = Math.floor(code.length / INSTRUCTION_LENGTH);
    const view = new DataView(code.buffer, code.byteOffset, code.length);
    this.length = count;
    this.#code = new Uint16Array(count);
    this.#jt = new Uint8Array(count);
    this.#jf = new Uint8Array(count);
    this.#k = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const at = i * INSTRUCTION_LENGTH;
      this.#code[i] = view.getUint16(at, littleEndian);
      this.#jt[i] = view.getUint8(at + 2);
      this.#jf[i] = view.getUint8(at + 3);
      this.#k[i] = view.getInt32(at + 4, littleEndian);
    }
    this.#readsMemory = this.#code.some((op) => op === LD_MEMORY || op === LDX_MEMORY);
  }

  /** True if some jump goes backwards, which the kernel does not allow. */
  get jumpsBack(): boolean {
    return this.#code.some((code, i) => code === JA && this.#k[i]! < 0);
  }

  /** True if the program accepts the frame. */
  matches(buf: Uint8Array, off: number, length: number, originalLength: number): boolean {
    return this.run(buf, off, length, originalLength) !== 0;
  }

  /**
   * Runs the program over one frame. As in libpcap, a load beyond the frame, an unknown instruction, a division by zero
   * or running off the program's end rejects it.
   * @param off where the frame begins; `off + length` lies within `buf`.
   * @param length captured bytes. @param originalLength bytes on the wire, which `len` in an expression means.
   * @returns how many bytes to keep (unsigned); 0 rejects the frame.
   */
  run(buf: Uint8Array, off: number, length: number, originalLength: number): number {
    const code = this.#code;
    const jt = this.#jt;
    const jf = this.#jf;
    const ks = this.#k;
    const memory = this.#memory;
    if (this.#readsMemory) memory.fill(0);
    const count = this.length;
    let backwardJumps = 0;
    // Both registers are 32 bits, kept signed; comparisons and divisions make them unsigned.
    let a = 0;
    let x = 0;
    for (let pc = 0; pc < count; pc++) {
      const k = ks[pc]!;
      switch (code[pc]) {
        case 0x06: // ret #k
          return k >>> 0;
        case 0x16: // ret a
          return a >>> 0;

        case 0x20: // ld [k]
          if (k < 0 || k > length - 4) return 0;
          a = (buf[off + k]! << 24) | (buf[off + k + 1]! << 16) | (buf[off + k + 2]! << 8) | buf[off + k + 3]!;
          break;
        case 0x28: // ldh [k]
          if (k < 0 || k > length - 2) return 0;
          a = (buf[off + k]! << 8) | buf[off + k + 1]!;
          break;
        case 0x30: // ldb [k]
          if (k < 0 || k > length - 1) return 0;
          a = buf[off + k]!;
          break;
        case 0x40: {
          // ld [x + k]
          if (k < 0 || x < 0 || k > length - 4 - x) return 0;
          const at = off + x + k;
          a = (buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!;
          break;
        }
        case 0x48: // ldh [x + k]
          if (k < 0 || x < 0 || k > length - 2 - x) return 0;
          a = (buf[off + x + k]! << 8) | buf[off + x + k + 1]!;
          break;
        case 0x50: // ldb [x + k]
          if (k < 0 || x < 0 || k > length - 1 - x) return 0;
          a = buf[off + x + k]!;
          break;
        case 0xb1: // ldx 4 * ([k] & 0xf): the IPv4 header's length
          if (k < 0 || k > length - 1) return 0;
          x = (buf[off + k]! & 0xf) << 2;
          break;
        case 0x80: // ld #len
          a = originalLength | 0;
          break;
        case 0x81: // ldx #len
          x = originalLength | 0;
          break;
        case 0x00: // ld #k
          a = k;
          break;
        case 0x01: // ldx #k
          x = k;
          break;
        case 0x60: // ld M[k]
          if (k < 0 || k >= MEMORY_WORDS) return 0;
          a = memory[k]!;
          break;
        case 0x61: // ldx M[k]
          if (k < 0 || k >= MEMORY_WORDS) return 0;
          x = memory[k]!;
          break;
        case 0x02: // st M[k]
          if (k < 0 || k >= MEMORY_WORDS) return 0;
          memory[k] = a;
          break;
        case 0x03: // stx M[k]
          if (k < 0 || k >= MEMORY_WORDS) return 0;
          memory[k] = x;
          break;

        case 0x05: // ja
          if (k < 0 && (k === -1 || backwardJumps++ >= MAX_BACKWARD_JUMPS)) return 0;
          pc += k;
          if (pc < -1) return 0;
          break;
        case 0x15: // jeq #k
          pc += a === k ? jt[pc]! : jf[pc]!;
          break;
        case 0x25: // jgt #k
          pc += a >>> 0 > k >>> 0 ? jt[pc]! : jf[pc]!;
          break;
        case 0x35: // jge #k
          pc += a >>> 0 >= k >>> 0 ? jt[pc]! : jf[pc]!;
          break;
        case 0x45: // jset #k
          pc += (a & k) !== 0 ? jt[pc]! : jf[pc]!;
          break;
        case 0x1d: // jeq x
          pc += a === x ? jt[pc]! : jf[pc]!;
          break;
        case 0x2d: // jgt x
          pc += a >>> 0 > x >>> 0 ? jt[pc]! : jf[pc]!;
          break;
        case 0x3d: // jge x
          pc += a >>> 0 >= x >>> 0 ? jt[pc]! : jf[pc]!;
          break;
        case 0x4d: // jset x
          pc += (a & x) !== 0 ? jt[pc]! : jf[pc]!;
          break;

        case 0x04: // add #k
          a = (a + k) | 0;
          break;
        case 0x14: // sub #k
          a = (a - k) | 0;
          break;
        case 0x24: // mul #k
          a = Math.imul(a, k);
          break;
        case 0x34: // div #k
          if (k === 0) return 0;
          a = ((a >>> 0) / (k >>> 0)) | 0;
          break;
        case 0x94: // mod #k
          if (k === 0) return 0;
          a = ((a >>> 0) % (k >>> 0)) | 0;
          break;
        case 0x44: // or #k
          a |= k;
          break;
        case 0x54: // and #k
          a &= k;
          break;
        case 0xa4: // xor #k
          a ^= k;
          break;
        case 0x64: // lsh #k
          a = k >>> 0 < 32 ? a << k : 0;
          break;
        case 0x74: // rsh #k
          a = k >>> 0 < 32 ? (a >>> k) | 0 : 0;
          break;
        case 0x0c: // add x
          a = (a + x) | 0;
          break;
        case 0x1c: // sub x
          a = (a - x) | 0;
          break;
        case 0x2c: // mul x
          a = Math.imul(a, x);
          break;
        case 0x3c: // div x
          if (x === 0) return 0;
          a = ((a >>> 0) / (x >>> 0)) | 0;
          break;
        case 0x9c: // mod x
          if (x === 0) return 0;
          a = ((a >>> 0) % (x >>> 0)) | 0;
          break;
        case 0x4c: // or x
          a |= x;
          break;
        case 0x5c: // and x
          a &= x;
          break;
        case 0xac: // xor x
          a ^= x;
          break;
        case 0x6c: // lsh x
          a = x >>> 0 < 32 ? a << x : 0;
          break;
        case 0x7c: // rsh x
          a = x >>> 0 < 32 ? (a >>> x) | 0 : 0;
          break;
        case 0x84: // neg
          a = -a | 0;
          break;

        case 0x07: // tax
          x = a;
          break;
        case 0x87: // txa
          a = x;
          break;
        default:
          return 0;
      }
    }
    return 0;
  }
}

/** `ja #k`: the only jump with a signed, 32-bit distance. */
const JA = 0x05;
/** `ld M[k]`, `ldx M[k]`. */
const LD_MEMORY = 0x60;
const LDX_MEMORY = 0x61;
