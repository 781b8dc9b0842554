/** The simulated segment: a switch, its stations, and a mirror port that records everything. */
import { createHash } from "node:crypto";
import { CaptureWriter, type Sink } from "../../capture/index.ts";
import { ImpairedLink, type Impairments } from "../../link/impair/index.ts";
import { type SimulatedLink, SimulatedWire } from "../../link/simulated.ts";
import { VirtualClock } from "../../stack/clock.ts";
import { type Random, seededRandom } from "../../stack/random.ts";
import type { SimulationCounters } from "./options.ts";
import { Station } from "./station.ts";

/** 10.0.0.0/24. */
const NETWORK = 0x0a000000;
const ADDRESSES = 254;
/** Unix time at which a simulation begins: 1 January 2026, 00:00 UTC. */
const EPOCH = 1_767_225_600;
/** Frames that a station's card holds: what comes at once on a segment of this size, and more. */
const SLOTS = 64;
const MTU = 1500;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class Segment {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly counters: Writable<SimulationCounters> = {
    frames: 0,
    pings: 0,
    answered: 0,
    duplicates: 0,
    wrong: 0,
    unreachable: 0,
    joined: 0,
    left: 0,
    changed: 0,
    conflicts: 0,
    taken: 0,
    lost: 0,
    duplicated: 0,
    corrupted: 0,
  };
  readonly #impairments: Impairments;
  readonly #wire: SimulatedWire;
  readonly #stations: Station[];
  readonly #links = new Set<ImpairedLink>();
  readonly #hash = createHash("sha256");
  readonly #writer: CaptureWriter;
  #cards = 0;

  constructor(hosts: number, seed: number, impairments: Impairments, write?: (bytes: Uint8Array) => void) {
    this.random = seededRandom(seed);
    this.#impairments = impairments;
    this.#wire = new SimulatedWire({ clock: this.clock, mtu: MTU, slots: SLOTS, epoch: EPOCH, switch: true });
    this.#writer = this.#record(write);
    this.#stations = Array.from({ length: hosts }, (_, i) => new Station(this, i));
    for (const station of this.#stations) station.start();
  }

  #record(write?: (bytes: Uint8Array) => void): CaptureWriter {
    const hash = this.#hash;
    const sink: Sink = {
      live: false,
      write(bytes) {
        hash.update(bytes);
        write?.(bytes);
        return null;
      },
      takeBack() {},
      close: () => null,
    };
    const writer = new CaptureWriter(sink, { application: "vethlab simulate", interfaces: [{ name: "mirror" }] });
    const mirror = this.#wire.attach({ name: "mirror", mirror: true });
    mirror.onFrames((batch) => {
      this.counters.frames += batch.count;
      writer.appendBatch(batch, mirror.epoch, 0);
    });
    return writer;
  }

  /** A new card in a socket of the switch. */
  plugIn(): ImpairedLink {
    const n = ++this.#cards;
    const mac = Uint8Array.of(0x02, 0x53, (n >>> 24) & 0xff, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff);
    const card = this.#wire.attach({ name: `card${n}`, mac, promiscuous: false });
    const link = new ImpairedLink(card, { clock: this.clock, seed: this.random.uint32(), ...this.#impairments });
    this.#links.add(link);
    return link;
  }

  /** Takes a card out for good. */
  unplug(link: ImpairedLink): void {
    (link.inner as SimulatedLink).remove();
    this.#count(link);
    this.#links.delete(link);
    link.close();
  }

  setUp(link: ImpairedLink, up: boolean): void {
    (link.inner as SimulatedLink).setUp(up);
  }

  #count(link: ImpairedLink): void {
    for (const stats of Object.values(link.impairments())) {
      this.counters.lost += stats.lost;
      this.counters.duplicated += stats.duplicated;
      this.counters.corrupted += stats.corrupted;
    }
  }

  /** The counters now, those of the cards that are plugged in included. */
  now(): SimulationCounters {
    const before = { ...this.counters };
    for (const link of this.#links) this.#count(link);
    const now = { ...this.counters };
    Object.assign(this.counters, before);
    return now;
  }

  /** @returns the SHA-256 of the capture, and of what is given besides. */
  finish(besides: string): string {
    for (const station of this.#stations) station.stop();
    this.#writer.close();
    return this.#hash.update(besides).digest("hex");
  }

  /** Any address of the network: with some luck nobody's. */
  drawAddress(): number {
    return (NETWORK + 1 + this.below(ADDRESSES)) | 0;
  }

  otherThan(index: number): Station {
    const other = this.below(this.#stations.length - 1);
    return this.#stations[other < index ? other : other + 1]!;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.random.uint32() / 2 ** 32) * limit);
  }

  /** A time with this mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.random.uint32() / 2 ** 32);
  }
}
