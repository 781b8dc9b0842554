/**
 * DHCP options (RFC 2132): type, length and data, one after the other. Pad and End are a single byte. They lie after the
 * magic cookie, and where the option Overload says so, go on in the fields of the boot file and of the server's name.
 *
 *     +---------------+---------------+---------------+
 *     |     code      |    length     |     data …    |   length: bytes of the data, 0 to 255
 *     +---------------+---------------+---------------+
 */
import * as dhcp from "./dhcp-header.ts";
import { Fault } from "./fault.ts";

/** Codes of options (IANA: BOOTP vendor extensions and DHCP options) that the code names. Unknown ones stay numbers. */
export const Option = {
  /** A single byte. */
  Pad: 0,
  SubnetMask: 1,
  Router: 3,
  DomainNameServer: 6,
  HostName: 12,
  DomainName: 15,
  BroadcastAddress: 28,
  StaticRoute: 33,
  NetbiosNodeType: 46,
  RequestedAddress: 50,
  LeaseTime: 51,
  /** Options go on in `file` (bit 0) and `sname` (bit 1). */
  Overload: 52,
  MessageType: 53,
  ServerId: 54,
  ParameterRequestList: 55,
  Message: 56,
  MaxMessageSize: 57,
  RenewalTime: 58,
  RebindingTime: 59,
  VendorClass: 60,
  ClientId: 61,
  /** RFC 3004. */
  UserClass: 77,
  /** RFC 4702. */
  ClientFqdn: 81,
  /** RFC 3046. */
  RelayAgentInformation: 82,
  /** RFC 8925: seconds for which the client does without IPv4. */
  Ipv6OnlyPreferred: 108,
  /** RFC 3397. */
  DomainSearch: 119,
  /** RFC 3361. */
  SipServers: 120,
  /** RFC 3442. */
  ClasslessStaticRoute: 121,
  /** The same before it was one. */
  ClasslessStaticRouteMicrosoft: 249,
  /** A single byte: the end. */
  End: 255,
} as const;

/** Values of the option MessageType (RFC 2132, 9.6; RFC 3203; RFC 4388). */
export const MessageType = {
  Discover: 1,
  Offer: 2,
  Request: 3,
  Decline: 4,
  Ack: 5,
  Nak: 6,
  Release: 7,
  Inform: 8,
  ForceRenew: 9,
  LeaseQuery: 10,
  LeaseUnassigned: 11,
  LeaseUnknown: 12,
  LeaseActive: 13,
} as const;

const MESSAGE_NAMES = ["", "discover", "offer", "request", "decline", "ack", "nak", "release", "inform", "force-renew"];
const LEASE_NAMES = ["lease-query", "lease-unassigned", "lease-unknown", "lease-active"];

/** The message type's name; an unknown one stays a number, as `message-77`. */
export function messageName(type: number): string {
  return (type > 0 ? MESSAGE_NAMES[type] : undefined) ?? LEASE_NAMES[type - 10] ?? `message-${type}`;
}

/** Where {@link OptionCursor} is. */
export const OptionField = { Options: 0, File: 1, Sname: 2 } as const;
export type OptionField = (typeof OptionField)[keyof typeof OptionField];

/**
 * Reads the options of a message in their order, those in overloaded fields included (RFC 2131, 4.1), without allocating.
 * Pads are passed over. Ends at the first option that is not whole. A value longer than 255 bytes comes in pieces, as
 * options of the same code, to be joined (RFC 3396).
 *
 * @example
 * const options = new OptionCursor();
 * if (options.start(buf, off, end) !== Fault.None) return;
 * while (options.next()) use(options.code, options.data, options.dataEnd);
 */
export class OptionCursor {
  code = 0;
  /** First byte of the data, and the byte after it. */
  data = 0;
  dataEnd = 0;
  field: OptionField = OptionField.Options;
  /** Why {@link next} ended: None at the end of the last field, or Truncated. */
  fault: Fault = Fault.Truncated;

  private buf: Uint8Array = new Uint8Array(0);
  private message = 0;
  private fieldEnd = 0;
  private overload = 0;

  /**
   * Goes before the first option of the message at `off`.
   * @returns Truncated if header and magic cookie do not end before `end` does, Version if the cookie is not DHCP's.
   */
  start(buf: Uint8Array, off: number, end: number): Fault {
    this.buf = buf;
    this.message = off;
    this.field = OptionField.Options;
    this.overload = 0;
    this.dataEnd = off + dhcp.OPTIONS;
    this.fieldEnd = end;
    this.fault = Fault.Truncated;
    if (end - off >= dhcp.OPTIONS) this.fault = dhcp.hasOptions(buf, off, end) ? Fault.None : Fault.Version;
    return this.fault;
  }

  /** Goes to the next option. @returns false if there is none, or none that is whole. */
  next(): boolean {
    if (this.fault !== Fault.None) return false;
    const { buf } = this;
    for (let at = this.dataEnd; ; ) {
      if (at >= this.fieldEnd || buf[at] === Option.End) {
        if (!this.nextField()) return false;
        at = this.dataEnd;
        continue;
      }
      const code = buf[at]!;
      if (code === Option.Pad) {
        at++;
        continue;
      }
      const stop = at + 2 > this.fieldEnd ? -1 : at + 2 + buf[at + 1]!;
      if (stop < 0 || stop > this.fieldEnd) {
        this.fault = Fault.Truncated;
        return false;
      }
      this.code = code;
      this.data = at + 2;
      this.dataEnd = stop;
      // An overloaded field cannot overload any more.
      if (code === Option.Overload && this.field === OptionField.Options && stop > at + 2) this.overload = buf[at + 2]!;
      return true;
    }
  }

  /** Goes to the beginning of the next overloaded field. */
  private nextField(): boolean {
    const isFileNext = this.field === OptionField.Options && (this.overload & 1) !== 0;
    const isSnameNext = this.field !== OptionField.Sname && (this.overload & 2) !== 0;
    if (!isFileNext && !isSnameNext) {
      this.dataEnd = this.fieldEnd;
      return false;
    }
    this.field = isFileNext ? OptionField.File : OptionField.Sname;
    this.dataEnd = this.message + (isFileNext ? dhcp.FILE : dhcp.SNAME);
    this.fieldEnd = this.dataEnd + (isFileNext ? dhcp.FILE_LENGTH : dhcp.SNAME_LENGTH);
    return true;
  }
}
