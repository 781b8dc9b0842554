/** The script's ends of the wires: what arrives waits here in order until a step takes it. */
import * as arp from "../../packets/arp.ts";
import { Fault } from "../../packets/fault.ts";
import * as mac from "../../packets/mac.ts";
import { type FrameBatch, FrameFlag } from "../link/link.ts";
import type { DevicePort, DeviceUnderTest } from "./device.ts";
import type { LoggedFrame } from "./failure.ts";
import type { SeenFrame } from "./match-frame.ts";
import type { Setup } from "./script.ts";
import { macBytes } from "./value.ts";

export interface Arrival extends SeenFrame {
  /** Nanoseconds on the link's clock. */
  readonly time: number;
  readonly port: string;
}

/** Frames kept for the report of a failure. */
const KEPT = 16;
const TYPE_ARP = 0x0806;
const TYPE_VLAN = 0x8100;

export class WireTap {
  readonly log: LoggedFrame[] = [];
  readonly #device: DeviceUnderTest;
  readonly #setup: Setup;
  readonly #onFrame: (frame: LoggedFrame) => void;
  readonly #queue: Arrival[] = [];
  readonly #detach: (() => void)[] = [];
  readonly #start: number;
  #wake: (() => void) | null = null;

  constructor(device: DeviceUnderTest, setup: Setup, onFrame: (frame: LoggedFrame) => void) {
    this.#device = device;
    this.#setup = setup;
    this.#onFrame = onFrame;
    this.#start = this.now();
    for (const port of device.ports) this.#detach.push(port.link.onFrames((batch) => this.#input(port, batch)));
  }

  /** Nanoseconds on the links' clock. */
  now(): number {
    return this.#device.ports[0]!.link.now();
  }

  /** Sends frames at once. @returns false if the link cannot send one of them. */
  send(port: DevicePort, ...frames: readonly Uint8Array[]): boolean {
    const { link } = port;
    const before = link.stats().txErrors;
    for (const bytes of frames) {
      const off = link.reserve(bytes.length);
      if (off < 0) continue;
      link.tx.set(bytes, off);
      link.commit(bytes.length);
      this.#note(link.now(), true, port.name, bytes);
    }
    link.flush();
    return link.stats().txErrors === before;
  }

  /**
   * The next frame on a port, which is taken out of the queue; null if none has arrived by `deadline`.
   * @param port null for any.
   */
  async next(port: string | null, deadline: number): Promise<Arrival | null> {
    for (;;) {
      const index = this.#queue.findIndex((arrival) => port === null || arrival.port === port);
      if (index >= 0) return this.#queue[index]!.time <= deadline ? this.#queue.splice(index, 1)[0]! : null;
      const left = deadline - this.now();
      if (left > 0) await this.#arrivalOr(left);
      else {
        const before = this.#queue.length;
        await this.#device.settle();
        if (this.#queue.length === before) return null;
      }
    }
  }

  /** Puts frames back that a step did not want: the next one sees them first. */
  putBack(arrivals: readonly Arrival[]): void {
    this.#queue.unshift(...arrivals);
  }

  /** Returns when the time has come. */
  async until(time: number): Promise<void> {
    for (let left = time - this.now(); left > 0; left = time - this.now()) {
      await new Promise<void>((resolve) => this.#device.clock.setTimer(left / 1e6, resolve));
    }
  }

  close(): void {
    for (const detach of this.#detach) detach();
  }

  #arrivalOr(left: number): Promise<void> {
    const { clock } = this.#device;
    return new Promise((resolve) => {
      const timer = clock.setTimer(left / 1e6, () => {
        this.#wake = null;
        resolve();
      });
      this.#wake = () => {
        clock.clearTimer(timer);
        this.#wake = null;
        resolve();
      };
    });
  }

  #input(port: DevicePort, batch: FrameBatch): void {
    for (let i = 0; i < batch.count; i++) {
      const off = batch.offset[i]!;
      const bytes = batch.buffer.slice(off, off + batch.length[i]!);
      const time = batch.time[i]!;
      this.#note(time, false, port.name, bytes);
      if (this.#setup.isArpAnswered && this.#answer(port, bytes)) continue;
      const isChecksumOpen = (batch.flags[i]! & FrameFlag.ChecksumNotReady) !== 0;
      this.#queue.push({ bytes, time, port: port.name, isChecksumOpen });
    }
    this.#wake?.();
  }

  /** Speaks ARP for the script's stations. @returns true if the frame was ARP. */
  #answer(port: DevicePort, bytes: Uint8Array): boolean {
    let at = 12;
    while (((bytes[at]! << 8) | bytes[at + 1]!) === TYPE_VLAN) at += 4;
    if (((bytes[at]! << 8) | bytes[at + 1]!) !== TYPE_ARP) return false;
    const off = at + 2;
    if (arp.check(bytes, off, bytes.length) !== Fault.None) return true;
    const target = arp.targetIp(bytes, off) >>> 0;
    const station = this.#setup.stations.find(({ ip, port: on }) => ip === target && on === port.name);
    if (station === undefined || arp.operation(bytes, off) !== arp.Operation.Request) return true;
    const reply = bytes.slice(0, off + arp.LENGTH);
    const own = macBytes(station.mac);
    mac.copy(bytes, 6, reply, 0);
    reply.set(own, 6);
    arp.setOperation(reply, off, arp.Operation.Reply);
    mac.copy(bytes, off + arp.SHA, reply, off + arp.THA);
    arp.setTargetIp(reply, off, arp.senderIp(bytes, off));
    reply.set(own, off + arp.SHA);
    arp.setSenderIp(reply, off, target | 0);
    this.send(port, reply);
    return true;
  }

  #note(time: number, isOurs: boolean, port: string, bytes: Uint8Array): void {
    const frame = { time: time - this.#start, isOurs, port, bytes };
    this.#onFrame(frame);
    this.log.push(frame);
    if (this.log.length > KEPT) this.log.shift();
  }
}
