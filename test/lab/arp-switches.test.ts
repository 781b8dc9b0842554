/**
 * The kernel and a host of ours under the same switches, before the same packets: the same answers, the same neighbours.
 * Each row of the table is a setting of both; every stimulus of test/support/arp-stimuli.ts is played to each.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as address from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import type { Link } from "../../src/link/link.ts";
import { SimulatedWire } from "../../src/link/simulated.ts";
import { ARP_DEFAULTS, type ArpOptions, LINUX_ARP } from "../../src/stack/arp/arp-options.ts";
import { VirtualClock } from "../../src/stack/clock.ts";
import { neighbourStateName } from "../../src/stack/neighbour/neighbour-options.ts";
import { seededRandom } from "../../src/stack/random.ts";
import { Router } from "../../src/stack/router/router.ts";
import { echoFrame, ip } from "../stack/support.ts";
import { answerText, randomStimulus, type Sender, STIMULI, type Stimulus, senderOf } from "../support/arp-stimuli.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

interface Row {
  readonly name: string;
  /** Linux's names and values, on the interface that the packets come in by. */
  readonly sysctls?: Readonly<Record<string, number>>;
  /** The same on the other interface. */
  readonly others?: Readonly<Record<string, number>>;
  readonly ours: Partial<ArpOptions>;
  readonly oursOther?: Partial<ArpOptions>;
  readonly forwarding?: boolean;
  readonly proxies?: readonly string[];
}

const BEHIND = "10.9.0.77";
const ROWS: readonly Row[] = [
  { name: "Linux's defaults", ours: {} },
  ...([1, 2] as const).map((arpAccept) => ({
    name: `arp_accept ${arpAccept}`,
    sysctls: { arp_accept: arpAccept },
    ours: { arpAccept },
  })),
  ...[1, 2, 3, 4, 8].map((arpIgnore) => ({
    name: `arp_ignore ${arpIgnore}`,
    sysctls: { arp_ignore: arpIgnore },
    ours: { arpIgnore },
  })),
  { name: "arp_filter", sysctls: { arp_filter: 1 }, ours: { arpFilter: true } },
  { name: "drop_gratuitous_arp", sysctls: { drop_gratuitous_arp: 1 }, ours: { dropGratuitousArp: true } },
  {
    name: "drop_gratuitous_arp and arp_accept",
    sysctls: { drop_gratuitous_arp: 1, arp_accept: 1 },
    ours: { dropGratuitousArp: true, arpAccept: 1 },
  },
  { name: "proxy_arp, not forwarding", sysctls: { proxy_arp: 1 }, ours: { proxyArp: true } },
  { name: "forwarding", ours: {}, forwarding: true },
  { name: "proxy_arp", sysctls: { proxy_arp: 1 }, ours: { proxyArp: true }, forwarding: true },
  { name: "proxy_arp_pvlan", sysctls: { proxy_arp_pvlan: 1 }, ours: { proxyArpPvlan: true }, forwarding: true },
  {
    name: "proxy_arp, medium_id -1",
    sysctls: { proxy_arp: 1, medium_id: -1 },
    ours: { proxyArp: true, mediumId: -1 },
    forwarding: true,
  },
  ...[5, 6, -1].map((mediumId) => ({
    name: `proxy_arp, medium_id 5, on the other interface ${mediumId}`,
    sysctls: { proxy_arp: 1, medium_id: 5 },
    others: { medium_id: mediumId },
    ours: { proxyArp: true, mediumId: 5 },
    oursOther: { mediumId },
    forwarding: true,
  })),
  { name: "ip neigh add proxy", ours: { proxies: [BEHIND] }, forwarding: true, proxies: [BEHIND] },
  { name: "ip neigh add proxy, not forwarding", ours: { proxies: [BEHIND] }, proxies: [BEHIND] },
  {
    name: "arp_ignore and proxy_arp",
    sysctls: { arp_ignore: 8, proxy_arp: 1 },
    ours: { arpIgnore: 8, proxyArp: true },
    forwarding: true,
  },
];

const RFC_DIFFERENCES = [
  "a known neighbour asks us, from another MAC address, at once",
  "a known neighbour replies to everybody, its target empty, from another MAC address, at once",
  "a known neighbour replies to us, and names another target",
];

/** What came of a stimulus: the answers, and what is known of the sender and of the host behind. */
type Outcome = readonly string[];

/** A station that is known for good: its echo request after a stimulus tells that all before it has been handled. */
const MARKER = ip("10.0.255.250");
const MARKER_MAC = Uint8Array.of(2, 0, 0, 255, 255, 1);

const SYSCTLS: Readonly<Record<string, number>> = {
  arp_accept: 0,
  arp_ignore: 0,
  arp_filter: 0,
  drop_gratuitous_arp: 0,
  proxy_arp: 0,
  proxy_arp_pvlan: 0,
  medium_id: 0,
};

class Kernel {
  readonly #wire = new Wire();
  readonly #link: Link;
  readonly #mac: Uint8Array;
  #answers: string[] = [];
  #marks = 0;

  constructor() {
    const { ve0, ve1, lab } = this.#wire;
    const namespace = ve0.namespace;
    ve1.down();
    this.#mac = mac.parse(namespace.query<{ address: string }>("link", "show", "dev", "ve0")[0]!.address)!;
    lab.addPair(
      { name: "vx0", namespace, address: "10.9.0.1/16", up: true },
      { name: "vx1", namespace: lab.addNamespace("behind"), up: true },
    );
    ve0.addAddress("10.0.0.2/16").addAddress("10.0.0.3/24");
    namespace.ip(`neigh add ${address.format(MARKER)} lladdr ${mac.format(MARKER_MAC)} dev ve0 nud permanent`);
    namespace.sysctl("net.ipv4.neigh.ve0.proxy_delay", 0);
    ve1.up();
    this.#link = this.#wire.openLink(ve1);
    this.#link.onFrames((batch) => {
      for (let i = 0; i < batch.count; i++) {
        const bytes = batch.buffer.slice(batch.offset[i]!, batch.offset[i]! + batch.length[i]!);
        const text = answerText(bytes, this.#mac);
        if (text !== null) this.#answers.push(text);
        // An echo reply.
        if (bytes[23] === 1 && bytes[34] === 0) this.#marks++;
      }
    });
  }

  set({ sysctls = {}, others = {}, forwarding = false, proxies = [] }: Row): void {
    const { namespace } = this.#wire.ve0;
    for (const [name, value] of Object.entries(SYSCTLS)) {
      namespace.sysctl(`net.ipv4.conf.ve0.${name}`, sysctls[name] ?? value);
      namespace.sysctl(`net.ipv4.conf.vx0.${name}`, others[name] ?? value);
    }
    namespace.sysctl("net.ipv4.ip_forward", forwarding ? 1 : 0);
    namespace.ip("neigh flush dev ve0", ...proxies.map((one) => `neigh add proxy ${one} dev ve0`));
  }

  unset({ proxies = [] }: Row): void {
    this.#wire.ve0.namespace.ip(...proxies.map((one) => `neigh del proxy ${one} dev ve0`));
  }

  async play(stimulus: Stimulus, sender: Sender): Promise<string[]> {
    this.#answers = [];
    const before = this.#marks;
    const mark = echoFrame({ src: MARKER, dst: ip("10.0.0.2") }, this.#mac, MARKER_MAC);
    for (const bytes of [...stimulus.frames(sender, this.#mac), mark]) {
      const off = this.#link.reserve(bytes.length);
      this.#link.tx.set(bytes, off);
      this.#link.commit(bytes.length);
    }
    this.#link.flush();
    await until(() => this.#marks > before);
    return this.#answers;
  }

  /** `10.0.1.1 STALE 02:…` by address. */
  neighbours(): Map<string, string> {
    const all = this.#wire.ve0.namespace.query<{ dst: string; lladdr?: string; state: string[] }>(
      ...["neigh", "show", "dev", "ve0"],
    );
    return new Map(all.map(({ dst, lladdr, state }) => [dst, `${dst} ${state.join()} ${lladdr ?? ""}`]));
  }

  close(): void {
    this.#wire.close();
  }
}

/** The same with a router of ours on simulated wires. */
class Ours {
  readonly #clock = new VirtualClock();
  readonly #router: Router;
  readonly #peer: Link;
  #answers: string[] = [];

  constructor({ ours, oursOther = {}, forwarding = false }: Row) {
    const wires = [0, 1].map(() => new SimulatedWire({ clock: this.#clock }));
    const links = wires.map((wire, i) => wire.attach({ name: `ve${i}` }));
    this.#peer = wires[0]!.attach({ name: "peer" });
    this.#router = new Router(
      [
        { link: links[0]!, addresses: ["10.0.0.2/16", "10.0.0.3/24"], arp: { ...LINUX_ARP, proxyDelayMs: 0, ...ours } },
        { link: links[1]!, addresses: ["10.9.0.1/16"], arp: { ...LINUX_ARP, ...oursOther } },
      ],
      { clock: this.#clock, random: seededRandom(1), forwarding },
    );
    const host = this.#router.hosts[0]!.mac;
    this.#peer.onFrames((batch) => {
      for (let i = 0; i < batch.count; i++) {
        const bytes = batch.buffer.slice(batch.offset[i]!, batch.offset[i]! + batch.length[i]!);
        const text = answerText(bytes, host);
        if (text !== null) this.#answers.push(text);
      }
    });
  }

  play(stimulus: Stimulus, sender: Sender): string[] {
    this.#answers = [];
    for (const bytes of stimulus.frames(sender, this.#router.hosts[0]!.mac)) {
      const off = this.#peer.reserve(bytes.length);
      this.#peer.tx.set(bytes, off);
      this.#peer.commit(bytes.length);
    }
    this.#peer.flush();
    this.#clock.advance(1);
    return this.#answers;
  }

  neighbours(): Map<string, string> {
    const all = this.#router.hosts[0]!.neighbours();
    return new Map(
      all.map((one) => {
        const dst = address.format(one.ip);
        const lladdr = one.mac === null ? "" : mac.format(one.mac);
        return [dst, `${dst} ${neighbourStateName(one.state).toUpperCase()} ${lladdr}`];
      }),
    );
  }
}

needs({ netns: true }).describe("ARP under Linux's switches, as the kernel does it", () => {
  let kernel: Kernel;
  beforeAll(() => {
    kernel = new Kernel();
  });
  afterAll(() => kernel.close());

  const known = (neighbours: Map<string, string>, sender: Sender): string[] =>
    [sender.ip, sender.offLink].flatMap((one) => neighbours.get(address.format(one)) ?? []);

  describe.each(ROWS.map((row, i) => [row.name, row, i] as const))("%s", (_, row, i) => {
    const theirs: Outcome[] = [];
    let behind: string | undefined;
    beforeAll(async () => {
      kernel.set(row);
      const answers: string[][] = [];
      for (const [s, stimulus] of STIMULI.entries()) answers.push(await kernel.play(stimulus, senderOf(i, s)));
      const neighbours = kernel.neighbours();
      for (const [s, said] of answers.entries()) theirs.push([...said, ...known(neighbours, senderOf(i, s))]);
      behind = neighbours.get(BEHIND);
      kernel.unset(row);
    });

    const play = (ours: Ours): Outcome[] => {
      const answers = STIMULI.map((stimulus, s) => ours.play(stimulus, senderOf(i, s)));
      const neighbours = ours.neighbours();
      expect(neighbours.get(BEHIND)).toBe(behind);
      return answers.map((said, s) => [...said, ...known(neighbours, senderOf(i, s))]);
    };

    test("the same answers and the same neighbours", () => {
      const named = (all: readonly Outcome[]) => Object.fromEntries(STIMULI.map(({ name }, s) => [name, all[s]]));
      const expected = theirs.map((outcome, s) => (STIMULI[s]!.isRefused === true ? [] : outcome));
      expect(named(play(new Ours(row)))).toEqual(named(expected));
    });

    // docs/neighbours.md explains them.
    if (i === 0)
      test("unless told, a host of ours differs in this alone", () => {
        const mine = play(new Ours({ ...row, ours: ARP_DEFAULTS }));
        const differences = STIMULI.filter((_, s) => mine[s]!.join() !== theirs[s]!.join());
        expect(differences.filter((one) => one.isRefused !== true).map(({ name }) => name)).toEqual(RFC_DIFFERENCES);
        // Linux does heed what it is said to.
        expect(differences).toEqual(expect.arrayContaining(STIMULI.filter((one) => one.isRefused === true)));
      });
  });

  test("random packets under random switches", async () => {
    const random = seededRandom(7);
    const pick = <T>(...choices: T[]): T => choices[random.uint32() % choices.length]!;
    for (let i = 0; i < 60; i++) {
      const arp = {
        arpAccept: pick<0 | 1 | 2>(0, 1, 2),
        arpIgnore: pick(0, 0, 1, 2, 3, 8),
        arpFilter: pick(false, true),
        dropGratuitousArp: pick(false, false, true),
        proxyArp: pick(false, true),
        proxyArpPvlan: pick(false, true),
        mediumId: pick(0, 0, 1, -1),
      };
      const medium = pick(0, 1, 2, -1);
      const proxies = pick([], [BEHIND]);
      const row: Row = {
        name: JSON.stringify({ arp, medium, proxies }),
        sysctls: {
          arp_accept: arp.arpAccept,
          arp_ignore: arp.arpIgnore,
          arp_filter: Number(arp.arpFilter),
          drop_gratuitous_arp: Number(arp.dropGratuitousArp),
          proxy_arp: Number(arp.proxyArp),
          proxy_arp_pvlan: Number(arp.proxyArpPvlan),
          medium_id: arp.mediumId,
        },
        others: { medium_id: medium },
        ours: { ...arp, proxies },
        oursOther: { mediumId: medium },
        forwarding: pick(false, true, true),
        proxies,
      };
      kernel.set(row);
      const ours = new Ours(row);
      const stimuli = Array.from({ length: 30 }, () => randomStimulus(random));
      const answers: [string[], string[]][] = [];
      for (const [s, stimulus] of stimuli.entries()) {
        const sender = senderOf(100 + i, s);
        answers.push([await kernel.play(stimulus, sender), ours.play(stimulus, sender)]);
      }
      const [theirs, mine] = [kernel.neighbours(), ours.neighbours()];
      for (const [s, [said, expected]] of answers.entries()) {
        const sender = senderOf(100 + i, s);
        const why = `${row.name} ${JSON.stringify(row.forwarding)} ${stimuli[s]!.name}`;
        expect([...expected, ...known(mine, sender)], why).toEqual([...said, ...known(theirs, sender)]);
      }
      kernel.unset(row);
    }
  }, 60_000);
});
