/** Opening an interface as the commands name it, and deciding who one is there. */
import * as ipv4 from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import { openCapLink } from "../link/cap.ts";
import type { Link } from "../link/link.ts";
import { openPacketLink, type PacketLinkOptions } from "../link/packet.ts";
import { UserError } from "../linux/errors.ts";
import { InterfaceFlag, queryInterfaces } from "../linux/interface.ts";
import { ipJson } from "../linux/iproute.ts";
import { NetworkNamespace } from "../linux/namespace.ts";
import { joinUserNamespace } from "../linux/privilege.ts";
import { type ImpairFlags, impaired } from "./impair.ts";

/** What an ordinary user's own lab needs: a command line with the PID of a process in it is started again inside. */
export function enterNamespace(spec: string | undefined): NetworkNamespace | null {
  if (spec !== undefined && /^\d+$/.test(spec)) joinUserNamespace(Number(spec));
  return openNamespace(spec);
}

export interface Attachment {
  readonly link: Link;
  readonly namespace: NetworkNamespace | null;
  close(): void;
}

/** How an interface is opened. */
export interface AttachOptions extends Omit<PacketLinkOptions, "namespace"> {
  readonly via?: "packet" | "cap";
  /** What `--netns` says. */
  readonly netns?: string | undefined;
  /** An interface that is down is opened, too: what it waits for may come. */
  readonly mayBeDown?: boolean;
  /** What `--impair` and `--seed` say. */
  readonly impairment?: ImpairFlags;
}

/** Opens an interface through a packet socket or libpcap. @throws {UserError} in one line. */
export function attach(
  name: string,
  { via, netns, mayBeDown, impairment = {}, ...options }: AttachOptions,
): Attachment {
  const namespace = enterNamespace(netns);
  try {
    const where = { namespace: namespace ?? undefined };
    const plain = via === "cap" ? openCapLink(name, where) : openPacketLink(name, { ...options, ...where });
    const link = impaired(plain, impairment);
    const problem = mayBeDown === true ? null : whyNothingPasses(name, namespace);
    if (problem !== null) {
      link.close();
      throw new UserError(problem);
    }
    return {
      link,
      namespace,
      close() {
        link.close();
        namespace?.close();
      },
    };
  } catch (error) {
    namespace?.close();
    throw error;
  }
}

/** Why no frame can pass an interface now, and what to do about it; null if frames can. */
export function whyNothingPasses(name: string, namespace: NetworkNamespace | null): string | null {
  const look = () =>
    queryInterfaces((query) => ({ isUp: (query.flags(name) & InterfaceFlag.Up) !== 0, carries: query.carries(name) }));
  const { isUp, carries } = namespace === null ? look() : namespace.run(look);
  if (carries) return null;
  if (isUp) return `${name} is up, but the other end of its cable is not: set that up as well`;
  return `${name} is down: \`ip link set dev ${name} up\` sets it up`;
}

/** Every IPv4 address that the kernel of a namespace owns. */
export function kernelAddresses(namespace: NetworkNamespace | null): Set<number> {
  const read = () =>
    ipJson<{ addr_info?: { family: string; local: string }[] }>("address", "show")
      .flatMap((link) => link.addr_info ?? [])
      .filter((info) => info.family === "inet")
      .map((info) => ipv4.parse(info.local) ?? 0);
  return new Set(namespace === null ? read() : namespace.run(read));
}

/** Who one is when one asks: an address, and whether it is the kernel's, which then answers for it. */
export interface Source {
  readonly prefix: ipv4.Prefix;
  /** The address belongs to the kernel and is borrowed for asking: never answer for it. */
  readonly borrowed: boolean;
}

/**
 * The address to speak from: the one given, else the interface's own.
 * @throws {UserError} when there is neither.
 */
export function sourceOf(name: string, namespace: NetworkNamespace | null, given: ipv4.Prefix | undefined): Source {
  const look = () => queryInterfaces((query) => query.ipv4(name));
  const own = namespace === null ? look() : namespace.run(look);
  if (given !== undefined) {
    const prefix = given.length === 32 && own !== null && own.address === given.address ? own : given;
    return { prefix, borrowed: kernelAddresses(namespace).has(given.address) };
  }
  if (own === null)
    throw new UserError(`${name} has no IPv4 address to speak from: give one, such as --source-ip 10.0.0.1/24`);
  if (!ipv4.isUnicast(own.address))
    throw new UserError(
      `${name} has ${ipv4.format(own.address)}, which never goes on a wire: give an address, such as --source-ip 10.0.0.1/24`,
    );
  return { prefix: own, borrowed: true };
}

/**
 * Refuses a router that cannot be the first hop: one beyond our network, where ARP never finds it, or ourselves. An
 * address without a network takes all others to be on the link.
 * @throws {UserError}
 */
export function checkGateway(gateway: number | undefined, own: ipv4.Prefix): void {
  if (gateway === undefined) return;
  if (gateway === own.address) throw new UserError(`gateway ${ipv4.format(gateway)} is the asking host itself`);
  if (own.length < 32 && !ipv4.contains(own, gateway))
    throw new UserError(`gateway ${ipv4.format(gateway)} is not on the network of ${ipv4.formatPrefix(own)}`);
}

/** The MAC address to speak from: the one given, else the interface's own; a loopback has none and gets the address's. */
export function sourceMacOf(link: Link, given: mac.Mac | undefined, ip: number): mac.Mac {
  return given ?? (mac.isZero(link.mac, 0) ? mac.forIpv4(ip) : link.mac);
}

/** The line that says what the kernel dropped: nothing is lost silently. */
export function droppedLine(command: string, frames: number): string {
  return `vethlab ${command}: ${frames} frame${frames === 1 ? "" : "s"} dropped by the kernel: not read in time\n`;
}

/** Opens the namespace that `--netns` names, or null when it was not given. */
function openNamespace(spec: string | undefined): NetworkNamespace | null {
  return spec === undefined ? null : NetworkNamespace.open(spec);
}
