/** pcapng blocks and pcap headers made by hand, little endian: what our writer never writes. */
import { fromHex } from "../../packets/bytes.ts";

export function u16(value: number): number[] {
  return [value & 255, (value >>> 8) & 255];
}

export function u32(value: number): number[] {
  return [...u16(value & 0xffff), ...u16(value >>> 16)];
}

/** A 64-bit integer as pcapng's time stamps have it: the upper half first. */
export function time(ticks: bigint): number[] {
  return [...u32(Number(ticks >> 32n)), ...u32(Number(ticks & 0xffffffffn))];
}

export function option(code: number, value: readonly number[]): number[] {
  return [...u16(code), ...u16(value.length), ...padded(value)];
}

export function block(type: number, body: readonly number[]): number[] {
  const length = u32(body.length + 12);
  return [...u32(type), ...length, ...body, ...length];
}

export function padded(bytes: readonly number[]): number[] {
  return [...bytes, ...Array((4 - (bytes.length & 3)) & 3).fill(0)];
}

export const shb = block(0x0a0d0d0a, [...u32(0x1a2b3c4d), ...u16(1), ...u16(0), ...Array(8).fill(0xff)]);

export function idb(options: readonly number[] = [], linkType = 1, snapLength = 0): number[] {
  return block(1, [...u16(linkType), ...u16(0), ...u32(snapLength), ...options]);
}

export function epb(data: readonly number[], ticks = 0n, options: readonly number[] = [], id = 0): number[] {
  return block(6, [...u32(id), ...time(ticks), ...u32(data.length), ...u32(data.length), ...padded(data), ...options]);
}

/** The obsolete Packet Block, with a drop count. */
export function pb(data: readonly number[], ticks: bigint, drops: number): number[] {
  const lengths = [...u32(data.length), ...u32(data.length)];
  return block(2, [...u16(0), ...u16(drops), ...time(ticks), ...lengths, ...padded(data)]);
}

export function spb(data: readonly number[], originalLength: number): number[] {
  return block(3, [...u32(originalLength), ...padded(data)]);
}

/** Classic pcap's header. */
export function pcap(
  magic = 0xa1b2c3d4,
  linkType = 1,
  snapLength = 262_144,
  version: readonly [number, number] = [2, 4],
): number[] {
  return [
    ...u32(magic),
    ...u16(version[0]),
    ...u16(version[1]),
    ...u32(0),
    ...u32(0),
    ...u32(snapLength),
    ...u32(linkType),
  ];
}

/** An ARP request, 42 bytes. */
export const ARP = [
  ...fromHex("ffffffffffff 020000000001 0806 0001 0800 0604 0001 020000000001 0a000001 000000000000 0a000002"),
];
