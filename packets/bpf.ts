/**
 * The classic Berkeley Packet Filter: a machine with an accumulator A, an index register X, 16 words of memory and jumps
 * (McCanne and Jacobson, "The BSD Packet Filter", 1993; Linux, Documentation/networking/filter.rst). libpcap compiles
 * filter expressions to it. This interpreter runs such programs over frames from files and simulated wires, and over live
 * ones where the kernel cannot (see src/linux/libpcap.ts).
 *
 * There are two machines, which differ where a program leaves the frame. Without {@link Ancillary} this is libpcap's
 * (`bpf_filter`): what lies at a negative offset is outside, and a shift by 32 or more gives 0. With it, this is Linux's: a
 * sum of X and k wraps at 32 bits, a shift by X counts modulo 32, and negative offsets ask for what the kernel knows beside
 * the bytes, or count from the network header or from the Ethernet header (SKF_AD_OFF, SKF_NET_OFF, SKF_LL_OFF).
 */

/** Bytes of one instruction, struct sock_filter: code (16 bits), jt, jf (8 each), k (32). */
export const INSTRUCTION_LENGTH = 8;

const MEMORY_WORDS = 16;
/** libpcap's `ip6 protochain` jumps backwards; this many times at most, so that every program ends. */
const MAX_BACKWARD_JUMPS = 64;

/** Where the kernel's negative offsets begin (linux/filter.h): SKF_AD_OFF, SKF_NET_OFF, SKF_LL_OFF. */
export const ANCILLARY_OFFSET = -0x1000;
export const NETWORK_OFFSET = -0x100000;
export const LINK_OFFSET = -0x200000;

/** What may be asked for at {@link ANCILLARY_OFFSET} (SKF_AD_*), and is known here. */
export const AncillaryLoad = {
  /** EtherType, as a number. */
  Protocol: 0,
  /** See {@link PacketType}: what `inbound` and `outbound` look at. */
  PacketType: 4,
  InterfaceIndex: 8,
  /** No load: A becomes A xor X. */
  XorX: 40,
  /** Tag control information of the VLAN tag that was taken off; 0 if there was none. */
  VlanTag: 44,
  /** 1 if a VLAN tag was taken off. */
  VlanTagPresent: 48,
  /** Tag protocol identifier of that tag. */
  VlanTpid: 60,
} as const;

/** Whom a frame is for, and who sent it (packet(7), PACKET_*). */
export const PacketType = { Host: 0, Broadcast: 1, Multicast: 2, OtherHost: 3, Outgoing: 4 } as const;

/** What the kernel knows of a frame beside its bytes. */
export interface Ancillary {
  /** EtherType of the frame as it lies in the buffer: behind the tag that was taken off. */
  readonly protocol: number;
  /** See {@link PacketType}. */
  readonly packetType: number;
  readonly interfaceIndex: number;
  /** True if a VLAN tag was taken off the frame, whose parts these are. */
  readonly hasVlanTag: boolean;
  readonly vlanTci: number;
  readonly vlanTpid: number;
}

/** Bytes before the network header, as packet sockets see it. */
const ETHERNET_HEADER = 14;

/** A program that is ready to run. Making one costs a few microseconds, running it allocates nothing. */
export class BpfProgram {
  /** Number of instructions. */
  readonly length: number;
  readonly #code: Uint16Array;
  readonly #jt: Uint8Array;
  readonly #jf: Uint8Array;
  readonly #k: Int32Array;
  readonly #memory = new Int32Array(MEMORY_WORDS);
  /** True if the program asks for what only the kernel knows: see {@link Ancillary}. */
  readonly asksKernel: boolean;
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
    this.asksKernel = this.#code.some((op, i) => ABSOLUTE_LOADS.includes(op) && this.#k[i]! < 0);
    this.#readsMemory = this.#code.some((op) => op === LD_MEMORY || op === LDX_MEMORY);
  }

  /** True if some jump goes backwards, which the kernel does not allow. */
  get jumpsBack(): boolean {
    return this.#code.some((code, i) => code === JA && this.#k[i]! < 0);
  }

  /** True if the program accepts the frame. */
  matches(
    buf: Uint8Array,
    off: number,
    length: number,
    originalLength: number,
    ancillary: Ancillary | null = null,
  ): boolean {
    return this.run(buf, off, length, originalLength, ancillary) !== 0;
  }

  /**
   * Runs the program over one frame. As in libpcap, a load beyond the frame, an unknown instruction, a division by zero
   * or running off the program's end rejects it.
   * @param off where the frame begins; `off + length` lies within `buf`.
   * @param length captured bytes. @param originalLength bytes on the wire, which `len` in an expression means.
   * @param ancillary what the kernel knows beside the bytes: the program then runs as it does there.
   * @returns how many bytes to keep (unsigned); 0 rejects the frame.
   */
  run(
    buf: Uint8Array,
    off: number,
    length: number,
    originalLength: number,
    ancillary: Ancillary | null = null,
  ): number {
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

        case 0x20: {
          // ld [k]
          if (k >= ANCILLARY_OFFSET && k < 0) {
            if (ancillary === null || !isKnown(k)) return 0;
            a = k === XOR_X ? a ^ x : known(k, ancillary);
            break;
          }
          const at = k < 0 ? fromHeader(k, ancillary) : k;
          if (at < 0 || at > length - 4) return 0;
          a = word(buf, off + at);
          break;
        }
        case 0x28: {
          // ldh [k]
          if (k >= ANCILLARY_OFFSET && k < 0) {
            if (ancillary === null || !isKnown(k)) return 0;
            a = k === XOR_X ? a ^ x : known(k, ancillary);
            break;
          }
          const at = k < 0 ? fromHeader(k, ancillary) : k;
          if (at < 0 || at > length - 2) return 0;
          a = (buf[off + at]! << 8) | buf[off + at + 1]!;
          break;
        }
        case 0x30: {
          // ldb [k]
          if (k >= ANCILLARY_OFFSET && k < 0) {
            if (ancillary === null || !isKnown(k)) return 0;
            a = k === XOR_X ? a ^ x : known(k, ancillary);
            break;
          }
          const at = k < 0 ? fromHeader(k, ancillary) : k;
          if (at < 0 || at > length - 1) return 0;
          a = buf[off + at]!;
          break;
        }
        case 0x40: {
          // ld [x + k]
          const at = indirect(x, k, ancillary);
          if (at < 0 || at > length - 4) return 0;
          a = word(buf, off + at);
          break;
        }
        case 0x48: {
          // ldh [x + k]
          const at = indirect(x, k, ancillary);
          if (at < 0 || at > length - 2) return 0;
          a = (buf[off + at]! << 8) | buf[off + at + 1]!;
          break;
        }
        case 0x50: {
          // ldb [x + k]
          const at = indirect(x, k, ancillary);
          if (at < 0 || at > length - 1) return 0;
          a = buf[off + at]!;
          break;
        }
        case 0xb1: {
          // ldx 4 * ([k] & 0xf): the IPv4 header's length
          const at = k < 0 ? fromHeader(k, ancillary) : k;
          if (at < 0 || at > length - 1) return 0;
          x = (buf[off + at]! & 0xf) << 2;
          break;
        }
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
          a = x >>> 0 < 32 || ancillary !== null ? a << x : 0;
          break;
        case 0x7c: // rsh x
          a = x >>> 0 < 32 || ancillary !== null ? (a >>> x) | 0 : 0;
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

/** `ld [k]`, `ldh [k]`, `ldb [k]`. */
const ABSOLUTE_LOADS = [0x20, 0x28, 0x30];

/**
 * What a kernel would know of an Ethernet frame that lies in memory with its tags in place.
 * @param off the frame's first byte. @param length captured bytes.
 * @param outgoing true if this machine sent it. @param own the interface's MAC address.
 */
export function ancillaryOf(
  buf: Uint8Array,
  off: number,
  length: number,
  outgoing: boolean,
  own: Uint8Array,
  interfaceIndex = 0,
): Ancillary {
  const protocol = length < ETHERNET_HEADER ? 0 : (buf[off + 12]! << 8) | buf[off + 13]!;
  const packetType = outgoing ? PacketType.Outgoing : receivedType(buf, off, length, own);
  return { protocol, packetType, interfaceIndex, hasVlanTag: false, vlanTci: 0, vlanTpid: 0 };
}

function receivedType(buf: Uint8Array, off: number, length: number, own: Uint8Array): number {
  if (length < 6) return PacketType.OtherHost;
  let isBroadcast = true;
  let isOwn = true;
  for (let i = 0; i < 6; i++) {
    isBroadcast &&= buf[off + i] === 0xff;
    isOwn &&= buf[off + i] === own[i];
  }
  if (isBroadcast) return PacketType.Broadcast;
  if ((buf[off]! & 1) !== 0) return PacketType.Multicast;
  return isOwn ? PacketType.Host : PacketType.OtherHost;
}

/** The operation among the ancillary loads that loads nothing. */
const XOR_X = ANCILLARY_OFFSET + AncillaryLoad.XorX;

function word(buf: Uint8Array, at: number): number {
  return (buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!;
}

/** Where `[x + k]` lies in the frame; below 0 if it lies outside. */
function indirect(x: number, k: number, ancillary: Ancillary | null): number {
  // libpcap takes either being negative for far outside.
  if (ancillary === null) return x < 0 || k < 0 ? -1 : x + k;
  const at = (x + k) | 0;
  return at < 0 ? fromHeader(at, ancillary) : at;
}

/** A negative offset of the kernel's as one from the frame's first byte; below 0 if it means none. */
function fromHeader(k: number, ancillary: Ancillary | null): number {
  if (ancillary === null) return -1;
  if (k >= NETWORK_OFFSET) return k - NETWORK_OFFSET + ETHERNET_HEADER;
  return k - LINK_OFFSET;
}

const KNOWN_LOADS: readonly number[] = Object.values(AncillaryLoad);

function isKnown(k: number): boolean {
  return KNOWN_LOADS.includes(k - ANCILLARY_OFFSET);
}

function known(k: number, ancillary: Ancillary): number {
  switch (k - ANCILLARY_OFFSET) {
    case AncillaryLoad.Protocol:
      return ancillary.protocol;
    case AncillaryLoad.PacketType:
      return ancillary.packetType;
    case AncillaryLoad.InterfaceIndex:
      return ancillary.interfaceIndex;
    case AncillaryLoad.VlanTag:
      return ancillary.vlanTci;
    case AncillaryLoad.VlanTagPresent:
      return ancillary.hasVlanTag ? 1 : 0;
    default:
      return ancillary.vlanTpid;
  }
}

/** `ja #k`: the only jump with a signed, 32-bit distance. */
const JA = 0x05;
/** `ld M[k]`, `ldx M[k]`. */
const LD_MEMORY = 0x60;
const LDX_MEMORY = 0x61;
