/** A host of ours on a real veth, through packet sockets. */
import type { PacketLink } from "../../link/packet.ts";
import { realClock } from "../../stack/clock.ts";
import type { DevicePort, DeviceUnderTest } from "../device.ts";
import type { Setup } from "../script.ts";
import { layCables } from "./cables.ts";
import { type Fault, OwnMachine } from "./own.ts";

const RING_BYTES = 1 << 20;

/** @throws {UserError} without the privileges. */
export function openHost(setup: Setup, fault: Fault = {}): DeviceUnderTest {
  const { cables, close } = layCables(setup, false);
  const links: PacketLink[] = [];
  try {
    for (const { device } of cables) links.push(device.openLink({ ringBytes: RING_BYTES }));
    const machine = new OwnMachine(setup, links, realClock, undefined, fault);
    const ports = cables.map(({ name, link }, i): DevicePort => ({ name, link, deviceMac: machine.hosts[i]!.mac }));
    return {
      kind: "host",
      clock: realClock,
      ports,
      drive: (run) => run,
      settle,
      ping: (request) => machine.ping(request),
      neighbour: (ip) => machine.neighbour(ip),
      setNeighbour: (ip, mac) => machine.setNeighbour(ip, mac),
      forgetNeighbours: (ip) => machine.forgetNeighbours(ip),
      close() {
        machine.close();
        for (const link of links) link.close();
        close();
      },
    };
  } catch (error) {
    for (const link of links) link.close();
    close();
    throw error;
  }
}

/** Two turns of the event loop: the host's socket is read in one, the answer in the other. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
