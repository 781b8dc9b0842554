/**
 * Writes pcapng, little endian, times in nanoseconds. Every interface has the same link type and snap length, because
 * libpcap refuses a file where they differ.
 */
import { isBroadcast, isMulticast } from "../../packets/mac.ts";
import { EPB_CHECKSUM_NOT_READY } from "./batch.ts";
import type { BlockBuffer } from "./block-buffer.ts";
import type { CaptureEncoder, FrameNote, InterfaceSettings, SectionSettings } from "./encoder.ts";
import {
  BlockType,
  BYTE_ORDER_MAGIC,
  CaptureDirection,
  EpbOption,
  IdbOption,
  IsbOption,
  LINKTYPE_ETHERNET,
  OPT_COMMENT,
  OPT_ENDOFOPT,
  pad4,
  RecordFlag,
  ShbOption,
} from "./format.ts";
import type { CaptureStatistics } from "./info.ts";
import { nanoTicks } from "./time.ts";

const NANOSECONDS = 9;
const MAX_OPTION = 0xffff;
const NAME_RECORD_IPV4 = 1;
/** An Enhanced Packet Block with its flags and the end of its options. */
const FRAME_OVERHEAD = 28 + 8 + 4 + 4;

export class PcapngEncoder implements CaptureEncoder {
  readonly #settings: SectionSettings;
  readonly #snapLength: number;
  readonly #ticks = { high: 0, low: 0 };

  constructor(settings: SectionSettings, snapLength: number) {
    this.#settings = settings;
    this.#snapLength = snapLength;
  }

  section(out: BlockBuffer): void {
    const at = begin(out, BlockType.SectionHeader);
    out.u32(BYTE_ORDER_MAGIC);
    out.u16(1);
    out.u16(0);
    // The section's length is not known beforehand: -1.
    out.u32(0xffffffff);
    out.u32(0xffffffff);
    const { hardware, os, application, comment, comments } = this.#settings;
    textOption(out, OPT_COMMENT, comment);
    for (const further of comments ?? []) textOption(out, OPT_COMMENT, further);
    textOption(out, ShbOption.Hardware, hardware);
    textOption(out, ShbOption.Os, os);
    textOption(out, ShbOption.UserApplication, application);
    end(out, at, true);
  }

  interface(out: BlockBuffer, settings: InterfaceSettings): void {
    const at = begin(out, BlockType.InterfaceDescription);
    out.u16(LINKTYPE_ETHERNET);
    out.u16(0);
    out.u32(this.#snapLength);
    for (const comment of settings.comments ?? []) textOption(out, OPT_COMMENT, comment);
    textOption(out, IdbOption.Name, settings.name === "" ? undefined : settings.name);
    textOption(out, IdbOption.Description, settings.description);
    if (settings.mac !== undefined) bytesOption(out, IdbOption.MacAddress, settings.mac);
    bytesOption(out, IdbOption.TimeResolution, Uint8Array.of(NANOSECONDS));
    // if_filter: kind 0, a libpcap expression.
    if (settings.filter !== undefined) textOption(out, IdbOption.Filter, `\0${settings.filter}`);
    textOption(out, IdbOption.Os, settings.os);
    end(out, at, true);
  }

  frame(
    out: BlockBuffer,
    buf: Uint8Array,
    off: number,
    captured: number,
    originalLength: number,
    seconds: number,
    nanoseconds: number,
    interfaceId: number,
    direction: number,
    flags: number,
    note: FrameNote | undefined,
  ): void {
    const padded = pad4(captured);
    const length = FRAME_OVERHEAD + padded;
    const at = out.take(length);
    const { view, bytes } = out;
    const ticks = this.#ticks;
    nanoTicks(seconds, nanoseconds, ticks);
    view.setUint32(at, BlockType.EnhancedPacket, true);
    view.setUint32(at + 4, length, true);
    view.setUint32(at + 8, interfaceId, true);
    view.setUint32(at + 12, ticks.high, true);
    view.setUint32(at + 16, ticks.low, true);
    view.setUint32(at + 20, captured, true);
    view.setUint32(at + 24, originalLength, true);
    const data = at + 28;
    out.copy(buf, off, captured, data);
    for (let i = captured; i < padded; i++) bytes[data + i] = 0;
    const options = data + padded;
    view.setUint16(options, EpbOption.Flags, true);
    view.setUint16(options + 2, 4, true);
    view.setUint32(options + 4, frameFlags(buf, off, captured, direction, flags), true);
    view.setUint32(options + 8, OPT_ENDOFOPT, true);
    view.setUint32(options + 12, length, true);
    if (note === undefined) return;
    // Rare: take the end back and put the notes before it.
    out.length = options + 8;
    if (note.packetId !== undefined) {
      out.u16(EpbOption.PacketId);
      out.u16(8);
      out.u64(note.packetId);
    }
    for (const comment of note.comments ?? []) textOption(out, OPT_COMMENT, comment);
    end(out, at, true);
  }

  names(out: BlockBuffer, names: Iterable<readonly [ip: number, name: string]>): void {
    const at = begin(out, BlockType.NameResolution);
    for (const [ip, name] of names) {
      const record = out.length;
      out.u16(NAME_RECORD_IPV4);
      out.u16(0);
      out.view.setInt32(out.take(4), ip, false);
      const written = out.text(name, MAX_OPTION - 5);
      const zero = out.take(1);
      out.bytes[zero] = 0;
      out.view.setUint16(record + 2, 4 + written + 1, true);
      out.pad(record);
    }
    // nrb_record_end; options could follow and do not.
    out.u32(0);
    end(out, at, false);
  }

  statistics(out: BlockBuffer, interfaceId: number, counters: Partial<CaptureStatistics>, seconds: number): void {
    const at = begin(out, BlockType.InterfaceStatistics);
    const whole = Math.floor(seconds);
    nanoTicks(whole, Math.floor((seconds - whole) * 1e9), this.#ticks);
    out.u32(interfaceId);
    out.u32(this.#ticks.high);
    out.u32(this.#ticks.low);
    counterOption(out, IsbOption.Received, counters.received);
    counterOption(out, IsbOption.Dropped, counters.dropped);
    counterOption(out, IsbOption.FilterAccepted, counters.filterAccepted);
    counterOption(out, IsbOption.OsDropped, counters.osDropped);
    counterOption(out, IsbOption.Delivered, counters.delivered);
    end(out, at, true);
  }

  recordLength(out: BlockBuffer, at: number): number {
    return out.view.getUint32(at + 4, true);
  }

  isFrame(out: BlockBuffer, at: number): boolean {
    return out.view.getUint32(at, true) === BlockType.EnhancedPacket;
  }
}

/** epb_flags: direction, who the frame is for, and whether its checksums are finished. */
function frameFlags(buf: Uint8Array, off: number, captured: number, direction: number, flags: number): number {
  let word = direction === CaptureDirection.In ? 1 : direction === CaptureDirection.Out ? 2 : 0;
  if (captured >= 6) word |= isBroadcast(buf, off) ? 3 << 2 : isMulticast(buf, off) ? 2 << 2 : 1 << 2;
  if ((flags & RecordFlag.ChecksumNotReady) !== 0) word |= EPB_CHECKSUM_NOT_READY;
  return word;
}

function begin(out: BlockBuffer, type: number): number {
  const at = out.length;
  out.u32(type);
  out.u32(0);
  return at;
}

function end(out: BlockBuffer, at: number, hasOptions: boolean): void {
  if (hasOptions) out.u32(OPT_ENDOFOPT);
  out.u32(0);
  const length = out.length - at;
  out.view.setUint32(at + 4, length, true);
  out.view.setUint32(out.length - 4, length, true);
}

function bytesOption(out: BlockBuffer, code: number, value: Uint8Array): void {
  const at = out.length;
  out.u16(code);
  out.u16(value.length);
  out.put(value);
  out.pad(at);
}

function textOption(out: BlockBuffer, code: number, text: string | undefined): void {
  if (text === undefined) return;
  const at = out.length;
  out.u16(code);
  out.u16(0);
  out.view.setUint16(at + 2, out.text(text, MAX_OPTION), true);
  out.pad(at);
}

function counterOption(out: BlockBuffer, code: number, value: number | null | undefined): void {
  if (value === undefined || value === null) return;
  out.u16(code);
  out.u16(8);
  out.u64(value);
}
