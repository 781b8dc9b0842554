/** A host of ours on wires in memory, where time is virtual: an hour passes in milliseconds, and always alike. */
import { SimulatedWire } from "../../link/simulated.ts";
import { VirtualClock } from "../../stack/clock.ts";
import { seededRandom } from "../../stack/random.ts";
import type { DevicePort, DeviceUnderTest } from "../device.ts";
import type { Setup } from "../script.ts";
import { LimitedLink } from "./limited-link.ts";
import { type Fault, OwnMachine } from "./own.ts";

const LATENCY_MS = 0.01;
/** Frames that a script sends before the host reads. */
const SLOTS = 512;
/** Virtual time that no script exceeds: a hundred of the longest waits. */
const LONGEST_MS = 100 * 31 * 86_400_000;

/** @param fault breaks the device on purpose. */
export function openSimulated(setup: Setup, fault: Fault = {}): DeviceUnderTest {
  const clock = new VirtualClock();
  const ends = setup.interfaces.map(({ name, mtu }) => {
    const wire = new SimulatedWire({ clock, latencyMs: LATENCY_MS, mtu: Math.max(1500, mtu), slots: SLOTS });
    const link = wire.attach({ name: "tester" });
    return { name, link, far: new LimitedLink(wire.attach({ name }), mtu) };
  });
  const far = ends.map((end) => end.far);
  const machine = new OwnMachine(setup, far, clock, seededRandom(1), fault);
  const ports = ends.map(({ name, link }, i): DevicePort => ({ name, link, deviceMac: machine.hosts[i]!.mac }));
  return {
    kind: "simulated",
    clock,
    ports,
    machine,
    drive: (run) => clock.until(run, LONGEST_MS),
    settle: () => new Promise((resolve) => clock.setTimer(4 * LATENCY_MS, resolve)),
    close: () => machine.close(),
  };
}
