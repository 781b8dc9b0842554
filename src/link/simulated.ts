/**
 * An Ethernet segment in memory: what one end sends, all others receive (or, behind a switch, those whom it is for),
 * after a latency, in order, on a clock that may be virtual. It needs neither Linux nor root, and with a virtual clock every run is the same to the nanosecond.
 */
import { type Ancillary, ancillaryOf } from "../../packets/bpf.ts";
import type { FrameBatch, FrameHandler, Link, LinkEvent, LinkEventHandler, LinkStats } from "./link.ts";
import { Direction, FrameFlag } from "./link.ts";
import { MacTable } from "./mac-table.ts";

/** The group bit of an address (the first byte's lowest) in its upper 16 bits. */
const GROUP = 0x0100;
/** Ethernet header, and two VLAN tags. */
const OVERHEAD = 14 + 8;

/** What the wire needs of a clock; the stack's `Clock` fits (links know nothing of the stack). */
export interface WireClock {
  /** Milliseconds, with fractions. */
  now(): number;
  setTimer(ms: number, fn: () => void): unknown;
}

export interface WireOptions {
  readonly clock: WireClock;
  /** One way, in milliseconds; 0.05 unless given. */
  readonly latencyMs?: number;
  /** Largest payload in bytes; 1,500 unless given. */
  readonly mtu?: number;
  /** Frames that each end holds until it is read; more are dropped and counted. 512 unless given. */
  readonly slots?: number;
  /** Unix time in whole seconds at which the clock shows 0; 0 unless given. */
  readonly epoch?: number;
  /** A learning switch in the middle, not a hub: a frame for a known station goes to its end alone. */
  readonly switch?: boolean | SwitchOptions;
}

export interface SwitchOptions {
  /** A station that was silent for so long is forgotten; 300,000 ms unless given, as IEEE 802.1D recommends. */
  readonly ageingMs?: number;
  /** Stations remembered, 1,024 unless given. Of those beyond it the one that was silent longest is forgotten. */
  readonly entries?: number;
}

export interface EndOptions {
  /** The interface's name; `sim0`, `sim1`, … unless given. */
  readonly name?: string;
  /** The interface's own address; 02:00:00:00:00:01 and so on unless given. */
  readonly mac?: Uint8Array;
  /** Only frames that pass this program are received, and no more bytes of each than it says, as with a packet socket. */
  readonly filter?: WireFilter | undefined;
  /** False: frames for other stations' MAC addresses are left alone, as a card that is not promiscuous does. */
  readonly promiscuous?: boolean;
  /** A mirror port: it sees every frame, also where a switch sends it elsewhere. */
  readonly mirror?: boolean;
}

/** Decides over a frame as it arrives; packets/bpf.ts' BpfProgram is one. */
export interface WireFilter {
  /** @returns bytes to keep; 0 rejects the frame. */
  run(buf: Uint8Array, off: number, length: number, originalLength: number, ancillary: Ancillary): number;
}

/** The segment. With two ends it is a cable: setting one end down takes the carrier from the other, as on veth. */
export class SimulatedWire {
  readonly clock: WireClock;
  readonly latencyMs: number;
  readonly mtu: number;
  readonly slots: number;
  readonly epoch: number;
  readonly #ends: SimulatedLink[] = [];
  readonly #stations: MacTable<SimulatedLink> | null;
  #attached = 0;

  constructor(options: WireOptions) {
    this.clock = options.clock;
    this.latencyMs = options.latencyMs ?? 0.05;
    this.mtu = options.mtu ?? 1500;
    this.slots = options.slots ?? 512;
    this.epoch = options.epoch ?? 0;
    const { ageingMs = 300_000, entries = 1024 } = typeof options.switch === "object" ? options.switch : {};
    const isHub = options.switch === undefined || options.switch === false;
    this.#stations = isHub ? null : new MacTable(entries, ageingMs);
  }

  /** Adds an end. */
  attach(options: EndOptions = {}): SimulatedLink {
    const n = this.#attached++;
    const end = new SimulatedLink(
      this,
      options.name ?? `sim${n}`,
      options.mac ?? Uint8Array.of(2, 0, 0, 0, (n + 1) >> 8, n + 1),
      options,
    );
    this.#ends.push(end);
    return end;
  }

  /** Two ends of a new wire: the shortest way to a pair. */
  static pair(options: WireOptions): [SimulatedLink, SimulatedLink] {
    const wire = new SimulatedWire(options);
    return [wire.attach({ name: "ve0" }), wire.attach({ name: "ve1" })];
  }

  /** Carries a frame to every other end: the links' own affair. */
  transmit(from: SimulatedLink, buf: Uint8Array, off: number, length: number): void {
    // The only view: each end copies from it.
    const frame = buf.subarray(off, off + length);
    const only = this.#stations === null ? null : this.#portOf(from, frame);
    for (let i = 0; i < this.#ends.length; i++) {
      const end = this.#ends[i]!;
      if (end !== from && (only === null || end === only || end.mirror)) end.arrive(frame, 0, length);
    }
  }

  /** The one end behind which the destination is, which may be the sender's own; null if all get the frame. */
  #portOf(from: SimulatedLink, frame: Uint8Array): SimulatedLink | null {
    const stations = this.#stations;
    if (stations === null || frame.length < 12) return null;
    const now = this.clock.now();
    const source = (frame[6]! << 8) | frame[7]!;
    if ((source & GROUP) === 0) stations.learn(source, word(frame, 8), from, now);
    const destination = (frame[0]! << 8) | frame[1]!;
    return (destination & GROUP) !== 0 ? null : stations.find(destination, word(frame, 2), now);
  }

  /** True if the interface of any end but this one is up. */
  hasPeer(of: SimulatedLink): boolean {
    return this.#ends.some((end) => end !== of && end.isUp);
  }

  /** Tells every end what became of its carrier after one of them changed. */
  carrierChanged(): void {
    for (const end of this.#ends) end.checkCarrier();
  }

  /** Takes the whole wire away, as deleting a veth pair does: every end is gone. */
  destroy(): void {
    for (const end of this.#ends.slice()) end.remove();
  }

  /** @internal */
  forget(end: SimulatedLink): void {
    this.#stations?.forget(end);
    const i = this.#ends.indexOf(end);
    if (i >= 0) this.#ends.splice(i, 1);
  }
}

function word(bytes: Uint8Array, off: number): number {
  return (bytes[off]! << 24) | (bytes[off + 1]! << 16) | (bytes[off + 2]! << 8) | bytes[off + 3]!;
}

/** One end of a {@link SimulatedWire}. */
export class SimulatedLink implements Link {
  readonly name: string;
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly epoch: number;
  readonly tx: Uint8Array;
  /** @internal */
  readonly mirror: boolean;
  readonly #promiscuous: boolean;

  readonly #wire: SimulatedWire;
  readonly #filter: WireFilter | null;
  readonly #frames = new Set<FrameHandler>();
  readonly #events = new Set<LinkEventHandler>();
  readonly #slotSize: number;
  readonly #slots: number;

  // Outgoing: committed lengths, slot by slot.
  readonly #txLength: Int32Array;
  #txCount = 0;

  // Incoming: a ring of slots; `#due` says when each frame has arrived, in ns.
  readonly #rx: Uint8Array;
  readonly #rxLength: Int32Array;
  readonly #rxOriginal: Int32Array;
  readonly #due: Float64Array;
  #head = 0;
  #waiting = 0;
  /** Frames that the handlers are looking at: their slots stay taken whatever happens to the link meanwhile. */
  #delivering = 0;
  #timerSet = false;
  readonly #batch: {
    count: number;
    buffer: Uint8Array;
    offset: Int32Array;
    length: Int32Array;
    originalLength: Int32Array;
    direction: Uint8Array;
    flags: Uint8Array;
    time: Float64Array;
  };
  readonly #deliver = (): void => this.#deliverDue();

  #up = true;
  #gone = false;
  #closed = false;
  #carrier = true;

  #rxFrames = 0;
  #rxBytes = 0;
  #rxDropped = 0;
  #rxTruncated = 0;
  #txFrames = 0;
  #txBytes = 0;
  #txErrors = 0;
  #lastTxError = "";

  /** Made by {@link SimulatedWire.attach}. */
  constructor(wire: SimulatedWire, name: string, mac: Uint8Array, options: EndOptions = {}) {
    this.#wire = wire;
    this.#filter = options.filter ?? null;
    this.mirror = options.mirror ?? false;
    this.#promiscuous = (options.promiscuous ?? true) || this.mirror;
    this.name = name;
    this.mac = mac.slice();
    this.mtu = wire.mtu;
    this.epoch = wire.epoch;
    const slots = wire.slots;
    const size = (wire.mtu + OVERHEAD + 7) & ~7;
    this.#slots = slots;
    this.#slotSize = size;
    this.tx = new Uint8Array(slots * size);
    this.#txLength = new Int32Array(slots);
    this.#rx = new Uint8Array(slots * size);
    this.#rxLength = new Int32Array(slots);
    this.#rxOriginal = new Int32Array(slots);
    this.#due = new Float64Array(slots);
    this.#batch = {
      count: 0,
      buffer: this.#rx,
      offset: new Int32Array(slots),
      length: new Int32Array(slots),
      originalLength: new Int32Array(slots),
      direction: new Uint8Array(slots).fill(Direction.In),
      flags: new Uint8Array(slots),
      time: new Float64Array(slots),
    };
  }

  now(): number {
    return this.#wire.clock.now() * 1e6;
  }

  onFrames(handler: FrameHandler): () => void {
    this.#frames.add(handler);
    return () => this.#frames.delete(handler);
  }

  onEvent(handler: LinkEventHandler): () => void {
    this.#events.add(handler);
    return () => this.#events.delete(handler);
  }

  reserve(length: number): number {
    if (length > this.#slotSize) {
      this.#failed("EMSGSIZE");
      return -1;
    }
    if (this.#txCount === this.#slots) this.flush();
    return this.#txCount * this.#slotSize;
  }

  commit(length: number): void {
    this.#txLength[this.#txCount++] = length;
  }

  flush(): number {
    const count = this.#txCount;
    this.#txCount = 0;
    let sent = 0;
    for (let i = 0; i < count; i++) {
      const length = this.#txLength[i]!;
      const error = this.#sendError(i * this.#slotSize, length);
      if (error !== "") {
        this.#failed(error);
        continue;
      }
      this.#wire.transmit(this, this.tx, i * this.#slotSize, length);
      sent++;
      this.#txFrames++;
      this.#txBytes += length;
    }
    return sent;
  }

  /** What the kernel would say to this frame; empty if it would send it. */
  #sendError(off: number, length: number): string {
    if (this.#gone || this.#closed) return "ENXIO";
    if (!this.#up) return "ENETDOWN";
    const tagged = this.tx[off + 12] === 0x81 && this.tx[off + 13] === 0;
    return length > this.mtu + (tagged ? 18 : 14) ? "EMSGSIZE" : "";
  }

  #failed(error: string): void {
    this.#txErrors++;
    this.#lastTxError = error;
  }

  /** @internal A frame sent by another end; its bytes are copied. */
  arrive(buf: Uint8Array, off: number, length: number): void {
    if (!this.isUp || this.#closed || this.#frames.size === 0) return;
    if (!this.#promiscuous && !this.#isForUs(buf, off)) return;
    const kept = this.#filter === null ? length : this.#kept(this.#filter, buf, off, length);
    if (kept === 0) return;
    if (this.#waiting === this.#slots) {
      this.#rxDropped++;
      return;
    }
    const slot = (this.#head + this.#waiting) % this.#slots;
    const captured = Math.min(kept, length, this.#slotSize);
    const isWhole = off === 0 && captured === buf.length;
    this.#rx.set(isWhole ? buf : buf.subarray(off, off + captured), slot * this.#slotSize);
    this.#rxLength[slot] = captured;
    this.#rxOriginal[slot] = length;
    this.#due[slot] = (this.#wire.clock.now() + this.#wire.latencyMs) * 1e6;
    this.#waiting++;
    this.#wake();
  }

  #kept(filter: WireFilter, buf: Uint8Array, off: number, length: number): number {
    return filter.run(buf, off, length, length, ancillaryOf(buf, off, length, false, this.mac));
  }

  #isForUs(buf: Uint8Array, off: number): boolean {
    if ((buf[off]! & 1) !== 0) return true;
    for (let i = 0; i < this.mac.length; i++) if (buf[off + i] !== this.mac[i]) return false;
    return true;
  }

  #wake(): void {
    if (this.#timerSet || this.#waiting === 0) return;
    this.#timerSet = true;
    this.#wire.clock.setTimer(this.#due[this.#head]! / 1e6 - this.#wire.clock.now(), this.#deliver);
  }

  #deliverDue(): void {
    this.#timerSet = false;
    const batch = this.#batch;
    // A timer's instant and the frame's are computed apart: half a microsecond forgives their rounding.
    const now = this.#wire.clock.now() * 1e6 + 500;
    let count = 0;
    while (count < this.#waiting) {
      const slot = (this.#head + count) % this.#slots;
      if (this.#due[slot]! > now) break;
      batch.offset[count] = slot * this.#slotSize;
      batch.length[count] = this.#rxLength[slot]!;
      batch.originalLength[count] = this.#rxOriginal[slot]!;
      const cut = this.#rxOriginal[slot]! > this.#rxLength[slot]!;
      batch.flags[count] = cut ? FrameFlag.Truncated : 0;
      if (cut) this.#rxTruncated++;
      batch.time[count] = this.#due[slot]!;
      this.#rxBytes += this.#rxOriginal[slot]!;
      count++;
    }
    this.#rxFrames += count;
    if (count === 0) {
      this.#wake();
      return;
    }
    batch.count = count;
    this.#delivering = count;
    for (const handler of this.#frames) handler(batch as FrameBatch);
    // Only now may the slots be filled again.
    this.#delivering = 0;
    this.#head = (this.#head + count) % this.#slots;
    this.#waiting -= count;
    this.#wake();
  }

  /** True if the interface is there and set up. */
  get isUp(): boolean {
    return this.#up && !this.#gone;
  }

  /** Sets the interface up or down, as `ip link set` does; both ends hear of it. */
  setUp(up: boolean): void {
    if (this.#gone) return;
    this.#up = up;
    if (!up) this.#waiting = this.#delivering;
    this.#wire.carrierChanged();
  }

  /** Deletes the interface; the link never works again. */
  remove(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#waiting = this.#delivering;
    this.#wire.forget(this);
    this.#emit({ type: "gone" });
    this.#wire.carrierChanged();
  }

  /** @internal */
  checkCarrier(): void {
    const carrier = this.isUp && this.#wire.hasPeer(this);
    if (carrier === this.#carrier) return;
    this.#carrier = carrier;
    this.#emit({ type: carrier ? "up" : "down" });
  }

  #emit(event: LinkEvent): void {
    if (!this.#closed) for (const handler of this.#events) handler(event);
  }

  stats(): LinkStats {
    return {
      rxFrames: this.#rxFrames,
      rxBytes: this.#rxBytes,
      rxDropped: this.#rxDropped,
      rxTruncated: this.#rxTruncated,
      txFrames: this.#txFrames,
      txBytes: this.#txBytes,
      txErrors: this.#txErrors,
      lastTxError: this.#lastTxError,
    };
  }

  close(): void {
    this.#closed = true;
    this.#waiting = this.#delivering;
    this.#frames.clear();
    this.#events.clear();
  }
}
