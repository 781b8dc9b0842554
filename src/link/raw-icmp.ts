/**
 * ICMP over the kernel's IP stack through the npm package `raw-socket`: what `ping --via kernel` sends with. The kernel
 * chooses the route, does the ARP and builds the IP header; compare with a link, where all of that is ours.
 */
import { createRequire } from "node:module";
import * as ipv4 from "../../packets/ipv4-address.ts";
import { UserError } from "../linux/errors.ts";
import type { IcmpSocket, IcmpSocketOptions } from "../linux/icmp-socket.ts";
import type { NetworkNamespace } from "../linux/namespace.ts";

/** The part of the package `raw-socket` that is used here; it ships no types of its own. */
interface RawSocket {
  send(
    buffer: Buffer,
    offset: number,
    length: number,
    address: string,
    after: (error: Error | null, bytes: number) => void,
  ): void;
  setOption(level: number, option: number, value: number | Buffer, length?: number): void;
  on(event: "message", handler: (buffer: Buffer, source: string) => void): void;
  on(event: "error", handler: (error: Error) => void): void;
  close(): void;
}
interface RawSocketModule {
  createSocket(options: { protocol: number; bufferSize?: number }): RawSocket;
  readonly Protocol: { readonly ICMP: number };
  readonly SocketLevel: { readonly IPPROTO_IP: number; readonly SOL_SOCKET: number };
  readonly SocketOption: { readonly IP_TTL: number };
}

export type { IcmpSocket, IcmpSocketOptions } from "../linux/icmp-socket.ts";

const SO_BINDTODEVICE = 25;

/** True if the optional package `raw-socket` was built on this machine. */
export function hasRawSocket(): boolean {
  return loadRawSocket() !== null;
}

function loadRawSocket(): RawSocketModule | null {
  try {
    return createRequire(import.meta.url)("raw-socket") as RawSocketModule;
  } catch {
    return null;
  }
}

/**
 * Opens the socket in a namespace (the thread's own if left out).
 * @throws {UserError} when the package is missing (what to install), or the permission or the interface is.
 */
export function openRawIcmp(
  options: IcmpSocketOptions & { readonly namespace?: NetworkNamespace | undefined },
): IcmpSocket {
  const module = loadRawSocket();
  if (module === null)
    throw new UserError(
      "the optional package `raw-socket` is not built (it needs Node 20 or 22 and a compiler): " +
        "`apt-get install g++ make`, then `npm run setup` in vethlab's folder",
    );
  const open = () => adapt(module, options);
  return options.namespace === undefined ? open() : options.namespace.run(open);
}

function adapt(module: RawSocketModule, options: IcmpSocketOptions): IcmpSocket {
  let socket: RawSocket;
  try {
    socket = module.createSocket({ protocol: module.Protocol.ICMP, bufferSize: 65_536 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `no permission to open a raw ICMP socket (${reason}): run as root, or inside \`vethlab shell\``,
    );
  }
  try {
    if (options.ttl !== undefined)
      socket.setOption(module.SocketLevel.IPPROTO_IP, module.SocketOption.IP_TTL, options.ttl);
    if (options.interface !== undefined) {
      const name = Buffer.from(`${options.interface}\0`);
      socket.setOption(module.SocketLevel.SOL_SOCKET, SO_BINDTODEVICE, name, name.length);
    }
  } catch (error) {
    socket.close();
    throw new UserError(
      `cannot bind to ${options.interface}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  // A receive error (the interface went down) ends the socket in raw-socket; sends then report it.
  let failure = "";
  socket.on("error", (error) => {
    failure = error.message;
  });
  return {
    send(message, destination) {
      const bytes = Buffer.from(message);
      socket.send(bytes, 0, bytes.length, ipv4.format(destination), (error) => {
        if (error !== null) failure = error.message;
      });
      const result = failure;
      failure = "";
      return result;
    },
    onMessage(handler) {
      socket.on("message", (buffer) => handler(buffer, buffer.length));
    },
    close() {
      socket.close();
    },
  };
}
