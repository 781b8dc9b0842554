/**
 * Receive rings of a packet socket (packet(7), PACKET_RX_RING): memory that the kernel writes frames into and that is read
 * where it lies. Offsets are those of the kernel's structures, in host byte order.
 */

import { SystemError } from "./errors.ts";
import { errno, libc, type Mapping, map } from "./libc.ts";

const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_VERSION = 10;
const TPACKET_V2 = 1;
const TPACKET_V3 = 2;

/** A TPACKET_V2 slot (tpacket2_hdr, then sockaddr_ll): one frame, handed over by its status word. */
export const Slot = {
  STATUS: 0,
  LEN: 4,
  SNAPLEN: 8,
  MAC: 12,
  SEC: 16,
  NSEC: 20,
  VLAN_TCI: 24,
  VLAN_TPID: 26,
  PKTTYPE: 32 + 10,
} as const;

/** A TPACKET_V3 block: as many frames as fit, handed over together by one status word. */
export const Block = { STATUS: 8, NUM_PKTS: 12, OFFSET_TO_FIRST_PKT: 16 } as const;

/** A frame in a block (tpacket3_hdr, then sockaddr_ll). */
export const BlockFrame = {
  NEXT_OFFSET: 0,
  SEC: 4,
  NSEC: 8,
  SNAPLEN: 12,
  LEN: 16,
  STATUS: 20,
  MAC: 24,
  VLAN_TCI: 32,
  VLAN_TPID: 36,
  PKTTYPE: 48 + 10,
} as const;

/** Bits of the status word of a slot, a block, or a frame in a block. */
export const SlotStatus = {
  User: 1,
  Copy: 2,
  Losing: 4,
  ChecksumNotReady: 8,
  VlanValid: 0x10,
  VlanTpidValid: 0x40,
} as const;

/** sockaddr_ll's packet type for frames that this machine sends. */
export const PACKET_OUTGOING = 4;

/** Slots of one frame each: whoever waits is woken for every frame. */
export interface SlotRing {
  readonly kind: "latency";
  readonly memory: Mapping;
  readonly slots: number;
  readonly slotSize: number;
}

/** Blocks of many frames: whoever waits is woken when one is full, or some milliseconds old. */
export interface BlockRing {
  readonly kind: "bulk";
  readonly memory: Mapping;
  readonly blocks: number;
  readonly blockSize: number;
}

export type ReceiveRing = SlotRing | BlockRing;

/** Bytes of a slot before the Ethernet header, rounded up: header 52, alignment to 16, and room for the link header. */
const SLOT_OVERHEAD = 96;
/** A VLAN tag that is put back needs four more bytes than the link header's fourteen. */
export const LINK_HEADER = 14 + 4;
/** Holds ten thousand small frames, or any that software segmentation leaves whole. */
const BLOCK_SIZE = 1 << 20;
/** A block that is not full is handed over after so many milliseconds. */
const RETIRE_MS = 8;

/**
 * Gives the socket its receive ring. Must come before bind, so that no frame is queued elsewhere.
 * @param bytes size; rounded down to whole blocks, one at least (two for bulk).
 * @param spare bytes of memory behind a ring of slots, a multiple of the page size.
 */
export function openRing(fd: number, kind: ReceiveRing["kind"], mtu: number, bytes: number, spare = 0): ReceiveRing {
  return kind === "latency" ? openSlots(fd, mtu, bytes, spare) : openBlocks(fd, bytes);
}

function openSlots(fd: number, mtu: number, bytes: number, spare: number): SlotRing {
  let slotSize = 2048;
  while (slotSize < mtu + LINK_HEADER + SLOT_OVERHEAD) slotSize *= 2;
  const blockSize = Math.max(slotSize, 65_536);
  const blocks = Math.max(1, Math.floor(bytes / blockSize));
  const slots = (blocks * blockSize) / slotSize;
  setOption(fd, PACKET_VERSION, Uint32Array.of(TPACKET_V2), "version");
  setOption(
    fd,
    PACKET_RX_RING,
    Uint32Array.of(blockSize, blocks, slotSize, slots),
    `${slots} slots of ${slotSize} bytes`,
  );
  return { kind: "latency", memory: map(fd, blocks * blockSize, spare), slots, slotSize };
}

function openBlocks(fd: number, bytes: number): BlockRing {
  const blocks = Math.max(2, Math.floor(bytes / BLOCK_SIZE));
  const frameSize = 2048;
  const frames = (blocks * BLOCK_SIZE) / frameSize;
  setOption(fd, PACKET_VERSION, Uint32Array.of(TPACKET_V3), "version");
  // The frame size is a formality here: frames lie one after the other, as long as they are.
  const request = Uint32Array.of(BLOCK_SIZE, blocks, frameSize, frames, RETIRE_MS, 0, 0);
  setOption(fd, PACKET_RX_RING, request, `${blocks} blocks of ${BLOCK_SIZE} bytes`);
  return { kind: "bulk", memory: map(fd, blocks * BLOCK_SIZE), blocks, blockSize: BLOCK_SIZE };
}

function setOption(fd: number, option: number, words: Uint32Array, what: string): void {
  const result = libc.setsockopt(fd, SOL_PACKET, option, new Uint8Array(words.buffer), words.byteLength);
  if (result < 0) throw new SystemError("setsockopt", errno(), `a receive ring: ${what}`);
}
