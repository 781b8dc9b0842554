/** Real wires: a veth pair for each interface of the device, the script's ends in one namespace, the device's in another. */
import { Lab } from "../../lab/lab.ts";
import type { LabNamespace } from "../../lab/namespace.ts";
import type { Port } from "../../lab/port.ts";
import type { PacketLink } from "../../link/packet.ts";
import { IpError } from "../../linux/iproute.ts";
import { Unsupported } from "../device.ts";
import type { Setup } from "../script.ts";

/** How both ends are opened: scripts send little, and others go on while one ends. */
export const LINK_OPTIONS = { ringBytes: 1 << 20, closeLater: true } as const;

export interface Cable {
  readonly name: string;
  /** The script's end, open. */
  readonly link: PacketLink;
  readonly device: Port;
}

export interface Cables {
  readonly cables: readonly Cable[];
  readonly device: LabNamespace;
  close(): void;
}

/**
 * @param isKernel whether the kernel is the device: its interfaces get the addresses then.
 * @throws {UserError} without the privileges.
 */
export function layCables(setup: Setup, isKernel: boolean): Cables {
  const lab = Lab.create();
  const links: PacketLink[] = [];
  try {
    const [tester, device] = lab.addNamespaces(["tester", "device"]) as [LabNamespace, LabNamespace];
    const pairs = lab.addPairs(
      setup.interfaces.map(({ name }, i) => [
        { name: `ve${i}`, namespace: tester, up: true },
        { name, namespace: device },
      ]),
    );
    setup.interfaces.forEach(({ mtu }, i) => {
      if (mtu !== 1500) pairs[i]![1].setMtu(mtu);
    });
    const isTagged = setup.interfaces.some(({ vlan }) => vlan > 0);
    device.configure((route) => {
      for (const { name, prefixes, vlan } of setup.interfaces) {
        if (isKernel && vlan === 0)
          for (const prefix of prefixes) route.addAddress(name, prefix.address, prefix.length);
        route.up(name);
      }
    });
    if (isKernel && isTagged) addVlans(setup, device);
    const cables = pairs.map(([near, far], i): Cable => {
      const link = near.openLink(LINK_OPTIONS);
      links.push(link);
      return { name: setup.interfaces[i]!.name, link, device: far };
    });
    return { cables, device, close: () => close(lab, links) };
  } catch (error) {
    close(lab, links);
    throw error;
  }
}

function close(lab: Lab, links: readonly PacketLink[]): void {
  for (const link of links) link.close();
  lab.close();
}

/** The name of the kernel's interface that has the addresses. No dot is in it: names of sysctls end at dots. */
export function addressed({ name, vlan }: Setup["interfaces"][number]): string {
  return vlan === 0 ? name : `${name}v${vlan}`;
}

function addVlans(setup: Setup, device: LabNamespace): void {
  const commands: string[] = [];
  for (const port of setup.interfaces) {
    if (port.vlan === 0) continue;
    const name = addressed(port);
    commands.push(`link add link ${port.name} name ${name} type vlan id ${port.vlan}`, `link set dev ${name} up`);
  }
  try {
    device.ip(...commands);
  } catch (error) {
    if (error instanceof IpError && /Unknown device type/.test(error.message))
      throw new Unsupported("this kernel has no VLAN interfaces (modprobe 8021q)");
    throw error;
  }
  device.configure((route) => {
    for (const port of setup.interfaces)
      if (port.vlan > 0)
        for (const { address, length } of port.prefixes) route.addAddress(addressed(port), address, length);
  });
}
