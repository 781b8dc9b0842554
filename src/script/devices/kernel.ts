/** The Linux kernel as the device: an interface of its own in a namespace of its own, and the commands that steer it. */
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import type { NeighbourEntry } from "../../lab/namespace.ts";
import { type IcmpSocket, openIcmpSocket } from "../../linux/icmp-socket.ts";
import { queryInterfaces } from "../../linux/interface.ts";
import { realClock } from "../../stack/clock.ts";
import type { DevicePort, DeviceUnderTest, NeighbourSeen, PingRequest } from "../device.ts";
import type { Setup } from "../script.ts";
import { SETTINGS } from "../settings.ts";
import { macNumber } from "../value.ts";
import { addressed, type Cables, layCables } from "./cables.ts";
import { settle } from "./host.ts";

/** @throws {UserError} without the privileges. */
export function openKernel(setup: Setup): DeviceUnderTest {
  const wires = layCables(setup, true);
  try {
    configure(setup, wires);
    return new KernelDevice(setup, wires);
  } catch (error) {
    wires.close();
    throw error;
  }
}

function configure(setup: Setup, { device }: Cables): void {
  if (setup.isRouter) device.sysctl("net.ipv4.ip_forward", 1);
  for (const [name, value] of setup.settings) {
    const { sysctl } = SETTINGS[name]!;
    if (!sysctl.includes("IF")) device.sysctl(sysctl, value);
    else for (const port of setup.interfaces) device.sysctl(sysctl.replace("IF", addressed(port)), value);
  }
  const routes = setup.routes.map(
    ({ prefix, gateway }) => `${ipv4.format(ipv4.network(prefix))}/${prefix.length} via ${text(gateway)}`,
  );
  if (setup.gateway !== null) routes.push(`default via ${text(setup.gateway)}`);
  if (routes.length > 0) device.ip(...routes.map((route) => `route add ${route}`));
}

function text(ip: number): string {
  return ipv4.format(ip | 0);
}

class KernelDevice implements DeviceUnderTest {
  readonly kind = "kernel";
  readonly clock = realClock;
  readonly ports: readonly DevicePort[];
  readonly settle = settle;
  readonly #setup: Setup;
  readonly #wires: Cables;
  /** Open to the end: the kernel heeds an error about what a socket sent only as long as there is that socket. */
  readonly #sockets: IcmpSocket[] = [];

  constructor(setup: Setup, wires: Cables) {
    this.#setup = setup;
    this.#wires = wires;
    this.ports = wires.cables.map(({ name, link, device }) => ({
      name,
      link,
      deviceMac: hardware(wires, device.name),
    }));
  }

  drive<T>(run: Promise<T>): Promise<T> {
    return run;
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

  close(): void {
    for (const socket of this.#sockets) socket.close();
    this.#wires.close();
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

function hardware({ device }: Cables, name: string): Uint8Array {
  return device.kernel.run(() => queryInterfaces((query) => query.hardware(name)))!.mac;
}

function macOf(address: string): Uint8Array {
  return mac.parse(address)!;
}
