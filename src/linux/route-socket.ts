/**
 * Interfaces brought up and addressed through rtnetlink(7): what `ip link set dev X up` and `ip address add A dev X` do,
 * without a process. A lab of a thousand namespaces cannot start a thousand times `ip`. Changes are gathered and go out
 * together; each is acknowledged.
 */
import * as ipv4 from "../../packets/ipv4-address.ts";
import { SystemError } from "./errors.ts";
import { InterfaceFlag, InterfaceQuery } from "./interface.ts";
import { errno, libc, must } from "./libc.ts";

const AF_NETLINK = 16;
const AF_INET = 2;
const SOCK_RAW_CLOEXEC = 3 | 0x80000;
const SOL_NETLINK = 270;
/** Acknowledgements without the message that they answer. */
const NETLINK_CAP_ACK = 10;
const NLMSG_ERROR = 2;
const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const REQUEST_ACK = 0x1 | 0x4;
const CREATE_EXCLUSIVE = 0x400 | 0x200;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const HEADER = 16;
/** nlmsghdr, nlmsgerr. */
const ACK = 36;
/** Messages sent together: their acknowledgements stay far below the socket's receive buffer. */
const BATCH = 64;
const LONGEST = 48;

/** A socket for changes to the interfaces of one namespace. Fields are in the machine's byte order, addresses in the network's. */
export class RouteSocket {
  readonly #fd: number;
  readonly #query: InterfaceQuery;
  readonly #bytes = new Uint8Array(BATCH * LONGEST);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #kernel = new Uint8Array(12);
  #end = 0;
  /** What each message of the batch does, for the error. */
  readonly #actions: string[] = [];

  /** Opens one in the namespace that the thread is in now; it stays there. @throws {SystemError} */
  constructor() {
    this.#fd = must("socket", libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, 0), "NETLINK_ROUTE");
    libc.setsockopt(this.#fd, SOL_NETLINK, NETLINK_CAP_ACK, Uint8Array.of(1, 0, 0, 0), 4);
    this.#query = new InterfaceQuery(this.#fd);
    new DataView(this.#kernel.buffer).setUint16(0, AF_NETLINK, true);
  }

  /** Brings an interface up. @throws {SystemError} ENODEV if there is none of that name. */
  up(name: string): void {
    const index = this.#index(name);
    const at = this.#begin(RTM_NEWLINK, 0, `ip link set dev ${name} up`);
    // struct ifinfomsg: family, type, index, flags, change.
    this.#view.setInt32(at + 4, index, true);
    this.#view.setUint32(at + 8, InterfaceFlag.Up, true);
    this.#view.setUint32(at + 12, InterfaceFlag.Up, true);
    this.#finish(at + 16);
  }

  /**
   * Gives an interface an address. @param ip signed 32-bit integer. @param length of the prefix, 0 to 32.
   * @throws {SystemError} ENODEV if there is none of that name.
   */
  addAddress(name: string, ip: number, length: number): void {
    const index = this.#index(name);
    const at = this.#begin(RTM_NEWADDR, CREATE_EXCLUSIVE, `ip address add ${ipv4.format(ip)}/${length} dev ${name}`);
    // struct ifaddrmsg: family, prefix length, flags, scope (universe), index; then the address twice.
    this.#view.setUint8(at, AF_INET);
    this.#view.setUint8(at + 1, length);
    this.#view.setInt32(at + 4, index, true);
    for (const [i, type] of [IFA_LOCAL, IFA_ADDRESS].entries()) {
      const attribute = at + 8 + 8 * i;
      this.#view.setUint16(attribute, 8, true);
      this.#view.setUint16(attribute + 2, type, true);
      this.#view.setInt32(attribute + 4, ip, false);
    }
    this.#finish(at + 24);
  }

  /** Sends what has gathered and waits until it is done. @throws {SystemError} for the first that the kernel refused. */
  flush(): void {
    const { length } = this.#actions;
    if (length === 0) return;
    const sent = libc.sendto(this.#fd, this.#bytes.subarray(0, this.#end), this.#end, 0, this.#kernel, 12);
    must("sendto", sent, "NETLINK_ROUTE");
    let refused: SystemError | null = null;
    for (let done = 0; done < length; ) {
      const got = must("recv", libc.recv(this.#fd, this.#bytes, this.#bytes.length, 0), "NETLINK_ROUTE");
      for (let at = 0; at + ACK <= got; at += (this.#view.getUint32(at, true) + 3) & ~3) {
        if (this.#view.getUint16(at + 4, true) !== NLMSG_ERROR) continue;
        const error = -this.#view.getInt32(at + HEADER, true);
        if (error !== 0) refused ??= new SystemError("rtnetlink", error, this.#actions[done]);
        done++;
      }
    }
    this.#end = 0;
    this.#actions.length = 0;
    if (refused !== null) throw refused;
  }

  /** Closes the socket. What was not flushed is forgotten. */
  close(): void {
    libc.close(this.#fd);
  }

  #index(name: string): number {
    const index = this.#query.index(name);
    if (index === 0) throw new SystemError("SIOCGIFINDEX", errno(), name);
    return index;
  }

  /** @returns where the message's own structure begins. */
  #begin(type: number, flags: number, action: string): number {
    if (this.#actions.length === BATCH) this.flush();
    this.#actions.push(action);
    const at = this.#end;
    this.#bytes.fill(0, at, at + LONGEST);
    this.#view.setUint16(at + 4, type, true);
    this.#view.setUint16(at + 6, REQUEST_ACK | flags, true);
    return at + HEADER;
  }

  #finish(end: number): void {
    this.#view.setUint32(this.#end, end - this.#end, true);
    this.#end = end;
  }
}
