/**
 * Interfaces made, brought up and addressed through rtnetlink(7): what `ip link add`, `ip link set dev X up` and `ip address
 * add A dev X` do, without a process. A lab of a thousand namespaces cannot start a thousand times `ip`. Changes are
 * gathered and go out together; each is acknowledged.
 */
import * as ipv4 from "../../packets/ipv4-address.ts";
import { Errno, SystemError } from "./errors.ts";
import { InterfaceFlag, InterfaceQuery } from "./interface.ts";
import { libc, must } from "./libc.ts";
import { MessageWriter } from "./netlink-message.ts";

const AF_NETLINK = 16;
const AF_INET = 2;
const SOCK_RAW_CLOEXEC = 3 | 0x80000;
const SOL_NETLINK = 270;
/** Acknowledgements without the message that they answer, and a refusal with the kernel's own words. */
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NLMSG_ERROR = 2;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const CREATE_EXCLUSIVE = 0x400 | 0x200;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFLA_IFNAME = 3;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_NET_NS_FD = 28;
const IFLA_NUM_TX_QUEUES = 31;
const IFLA_NUM_RX_QUEUES = 32;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
/** nlmsghdr, and nlmsgerr: error, nlmsghdr. */
const HEADER = 16;
const ACK = 36;
/** Bytes sent together: their acknowledgements stay far below the socket's receive buffer. */
const BATCH = 4096;
/** A pair's message, with both names as long as they may be, takes 168 bytes. */
const LONGEST = 176;
const ON = Uint8Array.of(1, 0, 0, 0);
const KERNEL = Uint8Array.of(AF_NETLINK, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
/** Kept from the socket that was closed last: a lab of a thousand namespaces opens two thousand, one after the other. */
let spare: MessageWriter | null = null;
const answer = new Uint8Array(8192);
const answerView = new DataView(answer.buffer);

/** An end of a veth pair to be made. */
export interface NewEnd {
  readonly name: string;
  /** A descriptor of the namespace that it is to be in; the socket's own if left out. */
  readonly namespace?: number | undefined;
}

/** What the first end of a pair can be given as it is made; the second cannot. */
export interface FirstEnd extends NewEnd {
  readonly up?: boolean | undefined;
  /** A bridge in the socket's namespace to plug it into. */
  readonly bridge?: string | undefined;
}

/** A socket for changes to the interfaces of one namespace. */
export class RouteSocket {
  readonly #fd: number;
  readonly #where: string;
  readonly #query: InterfaceQuery;
  readonly #messages: MessageWriter;
  /** What each message of the batch does, for the error. */
  readonly #actions: string[] = [];
  #closed = false;

  /**
   * Opens one in the namespace that the thread is in now; it stays there.
   * @param where what people call the namespace, for errors. @throws {SystemError}
   */
  constructor(where = "") {
    this.#where = where;
    this.#fd = must("socket", libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, 0), "NETLINK_ROUTE");
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK]) libc.setsockopt(this.#fd, SOL_NETLINK, option, ON, 4);
    this.#query = new InterfaceQuery(this.#fd);
    this.#messages = spare ?? new MessageWriter(BATCH);
    spare = null;
  }

  /** Brings an interface up. @throws {SystemError} ENODEV if there is none of that name. */
  up(name: string): void {
    const action = `ip link set dev ${name} up`;
    const index = this.#index(name, action);
    this.#begin(RTM_NEWLINK, 0, action);
    this.#messages.link(index, InterfaceFlag.Up);
    this.#messages.finish();
  }

  /**
   * Gives an interface an address. @param ip signed 32-bit integer. @param length of the prefix, 0 to 32.
   * @throws {SystemError} ENODEV if there is none of that name.
   */
  addAddress(name: string, ip: number, length: number): void {
    const action = `ip address add ${ipv4.format(ip)}/${length} dev ${name}`;
    const index = this.#index(name, action);
    this.#begin(RTM_NEWADDR, CREATE_EXCLUSIVE, action);
    this.#messages.address(AF_INET, length, index);
    this.#messages.word(IFA_LOCAL, ip, false);
    this.#messages.word(IFA_ADDRESS, ip, false);
    this.#messages.finish();
  }

  /** Makes a bridge, up. */
  addBridge(name: string): void {
    const messages = this.#begin(RTM_NEWLINK, CREATE_EXCLUSIVE, `ip link add name ${name} type bridge`);
    messages.link(0, InterfaceFlag.Up);
    messages.text(IFLA_IFNAME, name);
    messages.nest(IFLA_LINKINFO, () => messages.text(IFLA_INFO_KIND, "bridge"));
    messages.finish();
  }

  /**
   * Makes a veth pair. Only its first end can come up in the same message: the kernel opens the second one before it has
   * tied them together (ENOTCONN, drivers/net/veth.c).
   * @param action the command that does the same, for the error.
   * @throws {SystemError} ENODEV if there is no such bridge.
   */
  addPair(a: FirstEnd, b: NewEnd, action: string): void {
    const bridge = a.bridge === undefined ? 0 : this.#index(a.bridge, action);
    const messages = this.#begin(RTM_NEWLINK, CREATE_EXCLUSIVE, action);
    messages.link(0, a.up === true ? InterfaceFlag.Up : 0);
    this.#end(a);
    if (bridge !== 0) messages.word(IFLA_MASTER, bridge);
    messages.nest(IFLA_LINKINFO, () => {
      messages.text(IFLA_INFO_KIND, "veth");
      messages.nest(IFLA_INFO_DATA, () =>
        messages.nest(VETH_INFO_PEER, () => {
          messages.link(0, 0);
          this.#end(b);
        }),
      );
    });
    messages.finish();
  }

  /** Sends what has gathered and waits until it is done. @throws {SystemError} for the first that the kernel refused. */
  flush(): void {
    const { length } = this.#actions;
    if (length === 0) return;
    const bytes = this.#messages.written;
    let refused: SystemError | null = null;
    try {
      must("sendto", libc.sendto(this.#fd, bytes, bytes.length, 0, KERNEL, KERNEL.length), "NETLINK_ROUTE");
      for (let done = 0; done < length; ) {
        const got = must("recv", libc.recv(this.#fd, answer, answer.length, 0), "NETLINK_ROUTE");
        for (let at = 0; at + ACK <= got; at += (answerView.getUint32(at, true) + 3) & ~3) {
          if (answerView.getUint16(at + 4, true) !== NLMSG_ERROR) continue;
          const error = -answerView.getInt32(at + HEADER, true);
          if (error !== 0) refused ??= this.#refusal(error, this.#actions[done]!, reason(at));
          done++;
        }
      }
    } finally {
      this.#messages.clear();
      this.#actions.length = 0;
    }
    if (refused !== null) throw refused;
  }

  /** Closes the socket: it must not be used any more. What was not flushed is forgotten. Safe to call twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    libc.close(this.#fd);
    this.#messages.clear();
    spare = this.#messages;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #index(name: string, action: string): number {
    let index = this.#query.index(name);
    if (index === 0 && this.#actions.length > 0) {
      // It may be among what is to be made.
      this.flush();
      index = this.#query.index(name);
    }
    if (index === 0) throw this.#refusal(Errno.ENODEV, action, name);
    return index;
  }

  #refusal(error: number, action: string, reason: string): SystemError {
    const place = this.#where === "" ? "" : ` (in ${this.#where})`;
    return new SystemError("rtnetlink", error, `${action}${place}${reason === "" ? "" : `: ${reason}`}`);
  }

  #end({ name, namespace }: NewEnd): void {
    this.#messages.text(IFLA_IFNAME, name);
    if (namespace !== undefined) this.#messages.word(IFLA_NET_NS_FD, namespace);
    // A veth uses one queue unless told otherwise. Left to itself the kernel makes one for each processor, and takes all
    // but the first away again: that is a quarter of what a pair costs.
    this.#messages.word(IFLA_NUM_TX_QUEUES, 1);
    this.#messages.word(IFLA_NUM_RX_QUEUES, 1);
  }

  #begin(type: number, flags: number, action: string): MessageWriter {
    if (this.#messages.room < LONGEST) this.flush();
    this.#actions.push(action);
    this.#messages.begin(type, flags);
    return this.#messages;
  }
}

/** The kernel's own words for a refusal, or empty: attributes behind the acknowledgement at `at`. */
function reason(at: number): string {
  if ((answerView.getUint16(at + 6, true) & NLM_F_ACK_TLVS) === 0) return "";
  const end = Math.min(at + answerView.getUint32(at, true), answer.length);
  for (let attribute = at + ACK; attribute + 4 <= end; ) {
    const length = answerView.getUint16(attribute, true);
    if (length < 4) break;
    if (answerView.getUint16(attribute + 2, true) === NLMSGERR_ATTR_MSG) {
      const text = answer.subarray(attribute + 4, Math.min(attribute + length, end));
      return Buffer.from(text).toString().replace(/\0+$/, "");
    }
    attribute += (length + 3) & ~3;
  }
  return "";
}
