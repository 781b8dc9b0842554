/** Two hosts with two routers between them, on three simulated wires; what passes on each is kept, and datagrams can be forged. */
import * as ethernet from "../../packets/ethernet.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as address from "../../packets/ipv4-address.ts";
import { FrameFlag } from "../../src/link/link.ts";
import { type SimulatedLink, SimulatedWire } from "../../src/link/simulated.ts";
import { VirtualClock } from "../../src/stack/clock.ts";
import { Host, type HostOptions } from "../../src/stack/host.ts";
import type { StackEvent } from "../../src/stack/observer.ts";
import { seededRandom } from "../../src/stack/random.ts";
import { Router, type RouterOptions } from "../../src/stack/router/router.ts";
import { datagram, type EchoFields, ip } from "./support.ts";

export const LEFT = "10.0.1.2";
export const RIGHT = "10.0.3.2";
export const A_LEFT = "10.0.1.1";
export const A_RIGHT = "10.0.2.1";
export const B_LEFT = "10.0.2.2";
export const B_RIGHT = "10.0.3.1";

/** left 10.0.1.2 — 10.0.1.1 A 10.0.2.1 — 10.0.2.2 B 10.0.3.1 — 10.0.3.2 right. */
export class Line {
  readonly clock = new VirtualClock();
  readonly events: StackEvent[] = [];
  readonly a: Router;
  readonly b: Router;
  readonly left: Host;
  readonly right: Host;
  /** Datagrams seen on the three wires, from left to right, without their Ethernet headers. */
  readonly seen: [Uint8Array[], Uint8Array[], Uint8Array[]] = [[], [], []];
  /** True while what comes to A from the left has no transport checksum yet, as from a kernel over a virtual cable. */
  isUnfinished = false;
  readonly #forger: SimulatedLink;

  constructor(all: Partial<HostOptions> = {}, routers: RouterOptions = {}, mtu = 1500) {
    const { clock } = this;
    const wires = [0, 1, 2].map((i) => new SimulatedWire({ clock, mtu: i === 1 ? mtu : 1500 }));
    const [one, two, three] = wires as [SimulatedWire, SimulatedWire, SimulatedWire];
    const shared = { clock, random: seededRandom(1) };
    const router = (left: SimulatedWire, leftAddress: string, right: SimulatedWire, rightAddress: string) => {
      const link = left.attach();
      link.onFrames(({ flags }) => {
        if (this.isUnfinished && leftAddress === A_LEFT) flags.fill(FrameFlag.ChecksumNotReady);
      });
      return new Router(
        [
          { link, addresses: [`${leftAddress}/24`], ...all },
          { link: right.attach(), addresses: [`${rightAddress}/24`], ...all },
        ],
        { ...shared, ...routers, observer: (event) => this.events.push(event) },
      );
    };
    this.a = router(one, A_LEFT, two, A_RIGHT);
    this.b = router(two, B_LEFT, three, B_RIGHT);
    this.a.addRoute("10.0.3.0/24", B_LEFT);
    this.b.addRoute("10.0.1.0/24", A_RIGHT);
    this.left = new Host(one.attach(), { addresses: [`${LEFT}/24`], gateway: A_LEFT, ...shared, ...all });
    this.right = new Host(three.attach(), { addresses: [`${RIGHT}/24`], gateway: B_RIGHT, ...shared, ...all });
    for (const [i, wire] of wires.entries()) this.#watch(wire.attach(), this.seen[i]!);
    this.#forger = one.attach();
  }

  #watch(link: SimulatedLink, into: Uint8Array[]): void {
    link.onFrames((batch) => {
      for (let i = 0; i < batch.count; i++) {
        const from = batch.offset[i]!;
        const type = (batch.buffer[from + 12]! << 8) | batch.buffer[from + 13]!;
        if (type === ethernet.EtherType.Ipv4) into.push(batch.buffer.slice(from + 14, from + batch.length[i]!));
      }
    });
  }

  /** Sends a datagram to A as if the left host had: from left to right unless told otherwise. */
  forge(fields: EchoFields = {}): void {
    this.forgeBytes(datagram({ src: ip(LEFT), dst: ip(RIGHT), ...fields }));
  }

  forgeBytes(payload: Uint8Array, ms = 20): void {
    const { mac: dst } = this.a.hosts[0]!;
    const frame = ethernet.build({ dst, src: this.left.mac, type: ethernet.EtherType.Ipv4, payload });
    this.#forger.tx.set(frame, this.#forger.reserve(frame.length));
    this.#forger.commit(frame.length);
    this.#forger.flush();
    this.clock.advance(ms);
  }

  /** Datagrams seen on wire `i` that went to `dst`, taken apart. */
  to(dst: string, i: number): ipv4.Ipv4Packet[] {
    return this.seen[i]!.filter((bytes) => ipv4.dst(bytes, 0) === ip(dst)).map((bytes) => {
      if (!ipv4.checksumOk(bytes, 0)) throw new Error("a header checksum is wrong");
      const packet = ipv4.parse(bytes, 0);
      if (typeof packet === "number") throw new Error(`no datagram: fault ${packet}`);
      return packet;
    });
  }

  /** Drops of router A's left interface. */
  drops(): Record<string, number> {
    return { ...this.a.stats().interfaces[0]!.drops };
  }
}

/** Text of the addresses in a route option's data, all of them or those before its pointer. */
export function addresses(options: Uint8Array, from: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    address.format(new DataView(options.buffer, options.byteOffset).getInt32(from + 4 * i)),
  );
}
