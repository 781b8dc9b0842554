/**
 * A target under attack on a simulated segment, with virtual time: an honest host pings it once a second, it pings the
 * honest host, a gateway looks on, and an attacker sends. A router as target has a second segment with a host behind it.
 */
import * as address from "../../../packets/ipv4-address.ts";
import { type SimulatedLink, SimulatedWire } from "../../../src/link/simulated.ts";
import type { ArpOptions } from "../../../src/stack/arp/arp-options.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { Host, type HostStats } from "../../../src/stack/host.ts";
import { seededRandom } from "../../../src/stack/random.ts";
import { Router } from "../../../src/stack/router/router.ts";
import { type Attack, framesOf, type Scene } from "../../../src/tools/attack/index.ts";

const ip = (text: string): number => address.parse(text)!;
const mac = (n: number): Uint8Array => Uint8Array.of(2, 0, 0, 0, 0, n);

export const SCENE: Scene = {
  target: { mac: mac(2), ip: ip("10.0.0.2") },
  attacker: { mac: mac(0x66), ip: ip("10.0.0.66") },
  victim: { mac: mac(5), ip: ip("10.0.0.5") },
  network: address.parsePrefix("10.0.0.0/16")!,
  gateway: ip("10.0.0.1"),
  beyond: address.parsePrefix("10.1.0.0/16")!,
  mtu: 1500,
};
/** Behind the router. */
export const INSIDE = ip("10.1.0.7");

/** Frames that the attacker sends at once: fewer than an end of the segment holds. */
const BURST = 250;
const SECOND = 1000;
/** Between a ping and its being counted as lost. */
const PATIENCE = 900;

/** Data of every other ping of the honest host: three fragments. */
const LARGE = 3000;
const SMALL = 56;

export interface Losses {
  readonly asked: number;
  readonly lost: number;
  /** Of those asked, the ones in three fragments. */
  readonly large: number;
}

/** What one attack did. */
export interface Outcome {
  readonly frames: number;
  readonly seconds: number;
  /** Of the target: what it counted meanwhile. */
  readonly received: number;
  readonly drops: Readonly<Record<string, number>>;
  readonly answered: number;
  readonly forwarded: number;
  /** Fragments that were kept, if only for a while. */
  readonly kept: number;
  readonly errors: number;
  /** ARP requests of the target's. */
  readonly requests: number;
  /** Pings of the honest host, and the target's own. */
  readonly honest: Losses;
  readonly own: Losses;
  readonly after: HostStats;
}

export class Siege {
  readonly clock = new VirtualClock();
  readonly target: Host;
  readonly router: Router | null;
  readonly honest: Host;
  readonly #wire = new SimulatedWire({ clock: this.clock });
  readonly #attacker: SimulatedLink;
  readonly #fromHonest: Pinger;
  readonly #fromTarget: Pinger;

  constructor(aims: Attack["aims"], arp: Partial<ArpOptions> = {}) {
    const common = { clock: this.clock, random: seededRandom(1) };
    const { target, victim, gateway } = SCENE;
    const on = (n: number) => this.#wire.attach({ mac: mac(n), promiscuous: false });
    const addresses = [`${address.format(target.ip)}/16`];
    if (aims === "host") {
      this.router = null;
      this.target = new Host(this.#wire.attach(), { addresses, mac: target.mac, gateway, arp, ...common });
    } else {
      const inner = new SimulatedWire({ clock: this.clock });
      const inside = { link: inner.attach(), addresses: ["10.1.0.1/16"] };
      this.router = new Router([{ link: this.#wire.attach(), addresses, mac: target.mac, arp }, inside], common);
      this.target = this.router.hosts[0]!;
      new Host(inner.attach(), { addresses: ["10.1.0.7/16"], gateway: "10.1.0.1", ...common });
    }
    this.honest = new Host(on(5), { addresses: ["10.0.0.5/16"], mac: victim.mac, gateway: target.ip, ...common });
    new Host(on(1), { addresses: ["10.0.0.1/16"], mac: mac(1), ...common });
    this.#attacker = this.#wire.attach({ mac: SCENE.attacker.mac });
    this.#fromHonest = new Pinger(this.honest, this.router === null ? target.ip : INSIDE, LARGE);
    this.#fromTarget = new Pinger(this.target, victim.ip, SMALL);
    this.wait(3);
  }

  /** Lets an attack last so many seconds. */
  run(attack: Attack, frames: number, seconds: number, seed = 1): Outcome {
    const source = framesOf(attack, SCENE, seed);
    const before = this.#counters();
    const honest = this.#fromHonest.losses();
    const own = this.#fromTarget.losses();
    for (let second = 0, sent = 0; second < seconds; second++) {
      const end = Math.round((frames * (second + 1)) / seconds);
      const bursts = Math.max(1, Math.ceil((end - sent) / BURST));
      this.#ask();
      let left = SECOND;
      for (let burst = 0; burst < bursts; burst++) {
        const until = sent + Math.ceil((end - sent) / (bursts - burst));
        for (; sent < until; sent++) {
          const length = source.length(sent);
          source.write(sent, this.#attacker.tx, this.#attacker.reserve(length));
          this.#attacker.commit(length);
        }
        this.#attacker.flush();
        this.clock.advance(PATIENCE / bursts);
        left -= PATIENCE / bursts;
      }
      this.#count();
      this.clock.advance(left);
    }
    const now = this.#counters();
    const drops = Object.entries(now.stats.drops).map(
      ([name, n]) => [name, n - (before.stats.drops[name] ?? 0)] as const,
    );
    return {
      frames,
      seconds,
      received: now.stats.received - before.stats.received,
      drops: Object.fromEntries(drops.filter(([, n]) => n > 0)),
      answered: now.answered - before.answered,
      forwarded: now.forwarded - before.forwarded,
      kept: now.kept - before.kept,
      errors: now.errors - before.errors,
      requests: now.stats.neighbours.requests - before.stats.neighbours.requests,
      honest: since(this.#fromHonest.losses(), honest),
      own: since(this.#fromTarget.losses(), own),
      after: now.stats,
    };
  }

  /** Lets seconds pass without an attack. @returns the losses meanwhile. */
  wait(seconds: number): { honest: Losses; own: Losses } {
    const honest = this.#fromHonest.losses();
    const own = this.#fromTarget.losses();
    for (let second = 0; second < seconds; second++) {
      this.#ask();
      this.clock.advance(PATIENCE);
      this.#count();
      this.clock.advance(SECOND - PATIENCE);
    }
    return { honest: since(this.#fromHonest.losses(), honest), own: since(this.#fromTarget.losses(), own) };
  }

  #ask(): void {
    this.#fromHonest.ask();
    this.#fromTarget.ask();
  }

  #count(): void {
    this.#fromHonest.count();
    this.#fromTarget.count();
  }

  #counters() {
    const stats = this.target.stats();
    const { arpAnswered, echoAnswered, timestampsAnswered, reassembly } = stats;
    const all = this.router?.stats();
    const errors =
      all === undefined ? stats.errors.sent : all.interfaces.reduce((sum, one) => sum + one.errors.sent, 0);
    const refused = ["fragment-overlap", "fragment-duplicate"] as const;
    const dropped = refused.reduce((sum, name) => sum + (stats.drops[name] ?? 0), 0);
    return {
      stats,
      errors,
      answered: arpAnswered + echoAnswered + timestampsAnswered,
      forwarded: all?.forwarded ?? 0,
      kept: (reassembly?.fragments ?? 0) - dropped,
    };
  }
}

class Pinger {
  readonly #host: Host;
  readonly #to: number;
  readonly #socket: ReturnType<Host["openEcho"]>;
  readonly #small = new Uint8Array(SMALL).fill(0xa5);
  readonly #other: Uint8Array;
  #seq = 0;
  #large = 0;
  #answered = true;
  #asked = 0;
  #lost = 0;

  /** @param other bytes of data of every other request. */
  constructor(host: Host, to: number, other: number) {
    this.#other = new Uint8Array(other).fill(0x5a);
    this.#host = host;
    this.#to = to;
    this.#socket = this.#host.openEcho({
      onReply: (reply) => {
        const data = this.#seq % 2 === 0 ? this.#small : this.#other;
        const isWhole =
          reply.length - 8 === data.length && reply.buffer[reply.dataOffset + data.length - 1] === data[0];
        if (reply.seq === this.#seq && reply.from === this.#to && isWhole) this.#answered = true;
      },
    });
  }

  ask(): void {
    this.#seq = (this.#seq + 1) & 0xffff;
    this.#answered = false;
    this.#asked++;
    const data = this.#seq % 2 === 0 ? this.#small : this.#other;
    if (data.length === LARGE) this.#large++;
    this.#socket.send(this.#to, this.#seq, data);
  }

  count(): void {
    if (!this.#answered) this.#lost++;
  }

  losses(): Losses {
    return { asked: this.#asked, lost: this.#lost, large: this.#large };
  }
}

function since(now: Losses, before: Losses): Losses {
  return { asked: now.asked - before.asked, lost: now.lost - before.lost, large: now.large - before.large };
}
