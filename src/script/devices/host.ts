/** A host of ours on a real veth, through packet sockets. */
import type { PacketLink } from "../../link/packet.ts";
import { realClock } from "../../stack/clock.ts";
import type { DevicePort, DeviceUnderTest } from "../device.ts";
import type { Setup } from "../script.ts";
import { type Cables, LINK_OPTIONS, layCables } from "./cables.ts";
import { type Fault, OwnMachine } from "./own.ts";

/** Cables with both ends open; nothing of a host of ours stays behind on them. */
interface Bench {
  readonly wires: Cables;
  readonly links: readonly PacketLink[];
}

/** Keeps the cables of scripts that are done for those to come: making and opening them is what takes time. */
export class HostBenches {
  readonly #free = new Map<string, Bench[]>();

  /** Makes what is missing for all of these at once. @throws {UserError} without the privileges. */
  reserve(setups: readonly Setup[]): void {
    const wanted = new Map<string, number>();
    for (const setup of setups) {
      const kind = kindOf(setup);
      wanted.set(kind, (wanted.get(kind) ?? 0) + 1);
      const free = this.#free.get(kind) ?? [];
      this.#free.set(kind, free);
      if (free.length < wanted.get(kind)!) free.push(makeBench(setup));
    }
  }

  /** @throws {UserError} without the privileges. */
  open(setup: Setup, fault: Fault = {}): DeviceUnderTest {
    const kind = kindOf(setup);
    const bench = this.#free.get(kind)?.pop() ?? makeBench(setup);
    const { wires, links } = bench;
    // What the script before left in the rings: nobody listens yet.
    for (const link of [...links, ...wires.cables.map((cable) => cable.link)]) while (link.poll() > 0);
    const machine = new OwnMachine(setup, links, realClock, undefined, fault);
    const ports = wires.cables.map(
      ({ name, link }, i): DevicePort => ({ name, link, deviceMac: machine.hosts[i]!.mac }),
    );
    return {
      kind: "host",
      clock: realClock,
      ports,
      machine,
      drive: (run) => run,
      settle,
      close: () => {
        machine.close();
        this.#free.set(kind, [...(this.#free.get(kind) ?? []), bench]);
      },
    };
  }

  /** Takes the cables away that are not in use. */
  close(): void {
    for (const { wires, links } of [...this.#free.values()].flat()) {
      for (const link of links) link.close();
      wires.close();
    }
    this.#free.clear();
  }
}

/** What cables must have alike to serve the same scripts. */
function kindOf({ interfaces }: Setup): string {
  return interfaces.map(({ name, mtu }) => `${name} ${mtu}`).join();
}

/** For one script. @throws {UserError} without the privileges. */
export function openHost(setup: Setup, fault: Fault = {}): DeviceUnderTest {
  const benches = new HostBenches();
  const device = benches.open(setup, fault);
  return {
    ...device,
    close() {
      device.close();
      benches.close();
    },
  };
}

function makeBench(setup: Setup): Bench {
  const wires = layCables(setup, false);
  const links: PacketLink[] = [];
  try {
    for (const { device } of wires.cables) links.push(device.openLink(LINK_OPTIONS));
    return { wires, links };
  } catch (error) {
    for (const link of links) link.close();
    wires.close();
    throw error;
  }
}

/** Two turns of the event loop: the host's socket is read in one, the answer in the other. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
