/** The Linux kernel as the device: an interface of its own in a namespace of its own, and the commands that steer it. */
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import type { NeighbourEntry } from "../../lab/namespace.ts";
import { openIcmpSocket } from "../../linux/icmp-socket.ts";
import { queryInterfaces } from "../../linux/interface.ts";
import { openUdpSocket } from "../../linux/udp-socket.ts";
import { realClock } from "../../stack/clock.ts";
import {
  type DevicePort,
  type DeviceSocket,
  type DeviceUnderTest,
  type Machine,
  type NeighbourSeen,
  type PingRequest,
  Unsupported,
} from "../device.ts";
import type { Setup } from "../script.ts";
import { sysctlsOf } from "../settings.ts";
import { macNumber } from "../value.ts";
import { addressed, type Cables, layCables } from "./cables.ts";
import { settle } from "./host.ts";

/** @throws {UserError} without the privileges. */
export function openKernel(setup: Setup): DeviceUnderTest {
  const wires = layCables(setup, true);
  try {
    configure(setup, wires);
    const ports = wires.cables.map(
      ({ name, link, device }): DevicePort => ({ name, link, deviceMac: hardware(wires, device.name) }),
    );
    const machine = new KernelMachine(setup, wires);
    return {
      kind: "kernel",
      clock: realClock,
      ports,
      machine,
      drive: (run) => run,
      settle,
      close() {
        machine.close();
        wires.close();
      },
    };
  } catch (error) {
    wires.close();
    throw error;
  }
}

function configure(setup: Setup, wires: Cables): void {
  const { device } = wires;
  if (setup.isRouter) device.sysctl("net.ipv4.ip_forward", 1);
  const names = setup.interfaces.map(addressed);
  fillInChecksums(
    wires,
    setup.interfaces.map(({ name }) => name),
  );
  for (const [name, value] of setup.settings)
    for (const sysctl of new Set(names.flatMap((port) => sysctlsOf(name, port)))) device.sysctl(sysctl, value);
  const routes = setup.routes.map(
    ({ prefix, gateway }) => `${ipv4.format(ipv4.network(prefix))}/${prefix.length} via ${text(gateway)}`,
  );
  if (setup.gateway !== null) routes.push(`default via ${text(setup.gateway)}`);
  if (routes.length > 0) device.ip(...routes.map((route) => `route add ${route}`));
}

function text(ip: number): string {
  return ipv4.format(ip | 0);
}

class KernelMachine implements Machine {
  readonly #setup: Setup;
  readonly #wires: Cables;
  /** Open to the end: the kernel heeds an error about what a socket sent only as long as there is that socket. */
  readonly #sockets: { close(): void }[] = [];

  constructor(setup: Setup, wires: Cables) {
    this.#setup = setup;
    this.#wires = wires;
  }

  ping({ to, id, seq, data, ttl, discovery }: PingRequest): string {
    const message = new Uint8Array(icmp.HEADER_LENGTH + data.length);
    message.set(data, icmp.DATA);
    icmp.setType(message, 0, icmp.Type.EchoRequest);
    icmp.setIdentifier(message, 0, id);
    icmp.setSequence(message, 0, seq);
    icmp.updateChecksum(message, 0, message.length);
    const socket = this.#wires.device.kernel.run(() => openIcmpSocket({ ttl: ttl ?? undefined, discovery }));
    this.#sockets.push(socket);
    return socket.send(message, to | 0);
  }

  async neighbour(ip: number): Promise<NeighbourSeen | null> {
    const entry = (await this.#neighbours()).find(({ dst }) => dst === text(ip));
    if (entry === undefined) return null;
    return { mac: entry.lladdr === undefined ? null : macNumber(macOf(entry.lladdr)), state: entry.state[0] ?? "NONE" };
  }

  setNeighbour(ip: number, address: Uint8Array): void {
    this.#wires.device.ip(
      `neigh replace ${text(ip)} lladdr ${mac.format(address)} dev ${this.#towards(ip)} nud permanent`,
    );
  }

  forgetNeighbours(ip: number | null): void {
    const { device } = this.#wires;
    if (ip === null) device.ip("neigh flush all");
    else if (device.neighbours().some(({ dst }) => dst === text(ip)))
      device.ip(`neigh del ${text(ip)} dev ${this.#towards(ip)}`);
  }

  openUdp(port: number): DeviceSocket {
    const socket = this.#wires.device.kernel.run(() => openUdpSocket(port));
    this.#sockets.push(socket);
    return {
      send({ to, port: toPort, data, ttl, discovery }) {
        return socket.send(data, to | 0, toPort, { ttl: ttl ?? undefined, discovery });
      },
      receive() {
        const event = socket.receive();
        return event === null ? null : { ...event, from: event.from >>> 0 };
      },
      close: () => socket.close(),
    };
  }

  addAddress({ address, length }: ipv4.Prefix): void {
    this.#wires.device.configure((route) => route.addAddress(addressed(this.#setup.interfaces[0]!), address, length));
  }

  claim(): void {
    throw new Unsupported("Linux leaves address conflict detection to programs such as arping -D and NetworkManager");
  }

  claimState(): null {
    return null;
  }

  removeAddress({ address, length }: ipv4.Prefix): void {
    const name = addressed(this.#setup.interfaces[0]!);
    this.#wires.device.ip(`address del ${ipv4.format(address)}/${length} dev ${name}`);
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  /** Asks while the event loop goes on: other scripts have frames to see. */
  async #neighbours(): Promise<NeighbourEntry[]> {
    const child = this.#wires.device.spawn("ip", ["-json", "neigh", "show"], { stdio: ["ignore", "pipe", "inherit"] });
    let json = "";
    for await (const chunk of child.stdout!.setEncoding("utf8")) json += chunk;
    return json.trim() === "" ? [] : (JSON.parse(json) as NeighbourEntry[]);
  }

  #towards(ip: number): string {
    const { interfaces } = this.#setup;
    const on = interfaces.find(({ prefixes }) => prefixes.some((prefix) => ipv4.contains(prefix, ip | 0)));
    return addressed(on ?? interfaces[0]!);
  }
}

/** What it sends is then as it would be on a cable: with its checksums. */
function fillInChecksums({ device }: Cables, names: readonly string[]): void {
  device.kernel.run(() =>
    queryInterfaces((query) => {
      for (const name of names) query.setChecksumOffload(name, false);
    }),
  );
}

function hardware({ device }: Cables, name: string): Uint8Array {
  return device.kernel.run(() => queryInterfaces((query) => query.hardware(name)))!.mac;
}

function macOf(address: string): Uint8Array {
  return mac.parse(address)!;
}
