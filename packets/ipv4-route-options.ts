/**
 * The IPv4 options that routers and hosts write into: record route, source routes and timestamp (RFC 791, 3.1), read and
 * brought up to date in place, without allocating.
 *
 *     +--------+--------+--------+---------//--------+   record route 7, loose source route 131, strict 137;
 *     |  type  | length | pointer|     addresses     |   pointer: the next address, counted from the type as 1: 4 at first
 *     +--------+--------+--------+---------//--------+
 *     +--------+--------+--------+----+----+----//---+   timestamp 68; pointer 5 at first; overflow: hosts that had no
 *     |   68   | length | pointer|oflw|flag|  times  |   room; flag 0: times, 1: addresses and times, 3: times of the
 *     +--------+--------+--------+----+----+----//---+   hosts whose addresses the sender put there
 *
 * A pointer beyond the length means that there is no room left or, in a source route, that it is completed.
 */
import { copyBytes, getI32, setU32 } from "./bytes.ts";
import { end, type Ipv4Option, OptionType, optionLength, start } from "./ipv4-options.ts";

/** Offsets within an option, and the least pointers. */
const LENGTH = 1;
const POINTER = 2;
const FLAGS = 3;
const ADDRESSES = 3;
const FIRST_ADDRESS = 4;
const FIRST_TIME = 5;

/** Bytes of all options at most. */
export const MAX_OPTIONS_LENGTH = 40;
/** Addresses that a record route has room for at most. */
export const MAX_ROUTE = 9;

/** The timestamp option's flag: the lower 4 bits of its fourth byte. */
export const TimestampFlag = {
  /** Times alone. */
  TimesOnly: 0,
  /** Each time after the address of whoever wrote it. */
  WithAddresses: 1,
  /** The sender gave the addresses; only their owners write. */
  Prespecified: 3,
} as const;

/** Who knows which addresses are its own. */
export interface Owner {
  owns(ip: number): boolean;
}

/** Where an option's next address or time goes, counted from its type byte as 1. */
export function pointer(buf: Uint8Array, at: number): number {
  return buf[at + POINTER]!;
}

/** True if the pointer is within the option: there is room, or a source route goes on. */
export function hasRoom(buf: Uint8Array, at: number): boolean {
  return buf[at + POINTER]! <= buf[at + LENGTH]!;
}

/** The address that the pointer points to, a signed 32-bit integer; four bytes must be there. */
export function nextAddress(buf: Uint8Array, at: number): number {
  return getI32(buf, at + buf[at + POINTER]! - 1);
}

/** Where that address lies in `buf`. */
export function nextOffset(buf: Uint8Array, at: number): number {
  return at + buf[at + POINTER]! - 1;
}

/** The byte after an option's last. */
export function routeEnd(buf: Uint8Array, at: number): number {
  return at + buf[at + LENGTH]!;
}

/** Where an option's pointer lies: what a parameter problem with it points to. */
export function pointerOffset(at: number): number {
  return at + POINTER;
}

/** Moves a pointer beyond the option: the source route is completed. */
export function complete(buf: Uint8Array, at: number): void {
  buf[at + POINTER] = buf[at + LENGTH]! + 1;
}

/** See {@link TimestampFlag}; unknown ones stay numbers. */
export function timestampFlag(buf: Uint8Array, at: number): number {
  return buf[at + FLAGS]! & 15;
}

/** Hosts, 0 to 15, that found no room in the timestamp option. */
export function overflow(buf: Uint8Array, at: number): number {
  return buf[at + FLAGS]! >>> 4;
}

/**
 * Looks for what makes a header's options unusable: a length or pointer that cannot be, an option twice that may be there
 * once, a room too small for what belongs there, an overflow that overflows (RFC 791, 3.1).
 * @returns the byte at fault, counted from the header's first as 0: what a parameter problem points to (RFC 792), and what
 * Linux points to; 0 if the options are sound. The header itself must have passed its check.
 */
export function problem(buf: Uint8Array, off: number): number {
  const stop = end(buf, off);
  let isRouted = false;
  let isRecorded = false;
  let isTimed = false;
  for (let at = start(off); at < stop; ) {
    const type = buf[at]!;
    if (type === OptionType.EndOfList) return 0;
    const length = optionLength(buf, at, stop);
    let fault = length === 0 ? 0 : NONE;
    if (type === OptionType.RecordRoute) {
      if (isRecorded) fault = 0;
      else if (length > 0) fault = recordFault(buf, at, length);
      isRecorded = true;
    } else if (type === OptionType.LooseSourceRoute || type === OptionType.StrictSourceRoute) {
      if (length > 0) fault = routeFault(buf, at, length);
      // RFC 1812, 5.2.4.1: one of the two, and once.
      if (isRouted && fault === NONE) fault = 0;
      isRouted = true;
    } else if (type === OptionType.Timestamp) {
      if (isTimed) fault = 0;
      else if (length > 0) fault = timestampFault(buf, at, length);
      isTimed = true;
    } else if (type === OptionType.RouterAlert && length > 0 && length < 4) fault = LENGTH;
    if (fault !== NONE) return at + fault - off;
    at += length;
  }
  return 0;
}

/** No fault; else the byte of the option. */
const NONE = -1;

function routeFault(buf: Uint8Array, at: number, length: number): number {
  if (length < 3) return LENGTH;
  return buf[at + POINTER]! < FIRST_ADDRESS ? POINTER : NONE;
}

function recordFault(buf: Uint8Array, at: number, length: number): number {
  const fault = routeFault(buf, at, length);
  if (fault !== NONE) return fault;
  const next = buf[at + POINTER]!;
  return next <= length && next + 3 > length ? POINTER : NONE;
}

function timestampFault(buf: Uint8Array, at: number, length: number): number {
  if (length < 4) return LENGTH;
  const next = buf[at + POINTER]!;
  if (next < FIRST_TIME) return POINTER;
  if (next > length) return canOverflow(buf, at) && overflow(buf, at) === 15 ? FLAGS : NONE;
  return next + timestampSize(buf, at) - 1 > length ? POINTER : NONE;
}

/** False where the sender named the hosts: nobody else lacks room there. So Linux counts. */
function canOverflow(buf: Uint8Array, at: number): boolean {
  return timestampFlag(buf, at) !== TimestampFlag.Prespecified;
}

/** Bytes of one entry; 4 where the flag says nothing known. */
function timestampSize(buf: Uint8Array, at: number): number {
  const flag = timestampFlag(buf, at);
  return flag === TimestampFlag.WithAddresses || flag === TimestampFlag.Prespecified ? 8 : 4;
}

/** Offset of the source route among the options from `from` to `stop`, loose or strict, or -1. */
export function findSourceRoute(buf: Uint8Array, from: number, stop: number): number {
  for (let at = from; at < stop && buf[at] !== OptionType.EndOfList; ) {
    const length = optionLength(buf, at, stop);
    if (length === 0) return -1;
    if (buf[at] === OptionType.LooseSourceRoute || buf[at] === OptionType.StrictSourceRoute) return at;
    at += length;
  }
  return -1;
}

/** True if a header has a router alert with value 0: routers should look at the datagram (RFC 2113). */
export function hasRouterAlert(buf: Uint8Array, off: number): boolean {
  const stop = end(buf, off);
  for (let at = start(off); at < stop && buf[at] !== OptionType.EndOfList; ) {
    const length = optionLength(buf, at, stop);
    if (length === 0) return false;
    if (buf[at] === OptionType.RouterAlert && length >= 4) return (buf[at + 2]! | buf[at + 3]!) === 0;
    at += length;
  }
  return false;
}

/** Takes the next hop of a source route, `address` being whom we leave as; those before it, ours too, are passed over. */
export function follow(buf: Uint8Array, at: number, hop: number, address: number): void {
  while (hasRoom(buf, at) && nextAddress(buf, at) !== hop) buf[at + POINTER]! += 4;
  record(buf, at, address);
}

/** Writes an address where a record route's or source route's pointer says, and moves that. @returns false without room. */
export function record(buf: Uint8Array, at: number, address: number): boolean {
  const next = buf[at + POINTER]!;
  if (next + 3 > buf[at + LENGTH]!) return false;
  setU32(buf, at + next - 1, address);
  buf[at + POINTER] = next + 4;
  return true;
}

/**
 * Writes who and when into the record route and the timestamp among the options from `from` to `stop`: what everybody who
 * sends, passes on or receives a datagram does once.
 * @param address of the interface that the datagram leaves through (RFC 1812, 4.2.2.2) or, at its destination, the one
 * that it was sent to. @param time in ms since midnight UT (RFC 1122, 3.2.2.8).
 * @param countsOverflow true if a timestamp without room counts as one: on receipt.
 * @returns -1, or the offset of the byte at fault if there is some room, but less than is needed, or the option cannot be.
 */
export function update(
  buf: Uint8Array,
  from: number,
  stop: number,
  address: number,
  time: number,
  owner: Owner,
  countsOverflow: boolean,
): number {
  for (let at = from; at < stop && buf[at] !== OptionType.EndOfList; ) {
    const length = optionLength(buf, at, stop);
    if (length === 0) return at;
    if (buf[at] === OptionType.RecordRoute) {
      if (length < 3) return at + LENGTH;
      if (buf[at + POINTER]! < FIRST_ADDRESS || (hasRoom(buf, at) && !record(buf, at, address))) return at + POINTER;
    } else if (buf[at] === OptionType.Timestamp) {
      if (length < 4) return at + LENGTH;
      if (buf[at + POINTER]! < FIRST_TIME) return at + POINTER;
      if (hasRoom(buf, at)) {
        if (buf[at + POINTER]! + timestampSize(buf, at) - 1 > length) return at + POINTER;
        stamp(buf, at, address, time, owner);
      } else if (countsOverflow && canOverflow(buf, at)) {
        if (overflow(buf, at) === 15) return at + FLAGS;
        buf[at + FLAGS]! += 0x10;
      }
    }
    at += length;
  }
  return -1;
}

/** Writes a time, and the address where it is wanted, to where the pointer says. */
function stamp(buf: Uint8Array, at: number, address: number, time: number, owner: Owner): void {
  const next = buf[at + POINTER]!;
  const place = at + next - 1;
  switch (timestampFlag(buf, at)) {
    case TimestampFlag.TimesOnly:
      setU32(buf, place, time);
      buf[at + POINTER] = next + 4;
      return;
    case TimestampFlag.WithAddresses:
      setU32(buf, place, address);
      break;
    case TimestampFlag.Prespecified:
      // RFC 1812, 5.3.13.6: whichever of our addresses it is.
      if (!owner.owns(getI32(buf, place))) return;
      break;
    default:
      return;
  }
  setU32(buf, place + 4, time);
  buf[at + POINTER] = next + 8;
}

/** Addresses that a route option has recorded: those before its pointer. */
export function recorded(buf: Uint8Array, at: number): number {
  const stop = Math.min(buf[at + POINTER]!, buf[at + LENGTH]! + 1);
  return Math.max(0, (stop - FIRST_ADDRESS) >> 2);
}

/** The address number `i` of a route option, from 0 on, a signed 32-bit integer. */
export function routeAddress(buf: Uint8Array, at: number, i: number): number {
  return getI32(buf, at + ADDRESSES + 4 * i);
}

/** Where a datagram with these options ends: at the last address of its source route, else at its header's destination. */
export function finalDestination(list: Uint8Array, dst: number): number {
  const at = findSourceRoute(list, 0, list.length);
  const last = at < 0 ? -1 : Math.floor((list[at + LENGTH]! - ADDRESSES) / 4) - 1;
  return last < 0 || !hasRoom(list, at) ? dst : routeAddress(list, at, last);
}

/** Takes back what a source route recorded last as long as that is the owner's. */
export function trim(buf: Uint8Array, at: number, owner: Owner): void {
  for (let count = recorded(buf, at); count > 0 && owner.owns(routeAddress(buf, at, count - 1)); count--)
    buf[at + POINTER] = FIRST_ADDRESS + 4 * (count - 1);
}

/**
 * Writes the way back of a source route: what was recorded, reversed, with whom the datagram came from at its end (RFC 1122,
 * 3.2.1.8c); that the first recorded address is the source's own, as some wrote it, does no harm.
 * @param source of the datagram. @param into where to. The first hop of the way back is the last address recorded, and goes
 * into the header.
 * @returns bytes written; 0 if nothing was recorded, so that there is no way back but the plain one.
 */
export function reverse(buf: Uint8Array, at: number, source: number, into: Uint8Array, to: number): number {
  const count = recorded(buf, at);
  const first = count > 0 && routeAddress(buf, at, 0) === source ? 1 : 0;
  if (count - first < 1) return 0;
  into[to] = buf[at]!;
  into[to + POINTER] = FIRST_ADDRESS;
  let length = ADDRESSES;
  for (let i = count - 2; i >= first; i--, length += 4) setU32(into, to + length, routeAddress(buf, at, i));
  setU32(into, to + length, source);
  into[to + LENGTH] = length + 4;
  return length + 4;
}

/**
 * Writes the options that an answer carries: record route and timestamp as they stand, then a source route reversed (RFC
 * 1122, 3.2.2.6), filled up with end of list to a multiple of 4 bytes; nothing else, as in Linux.
 * @param from first and `stop` the byte after the options received. @param source of that datagram.
 * @param into 40 bytes. @returns bytes written.
 */
export function answer(buf: Uint8Array, from: number, stop: number, source: number, into: Uint8Array): number {
  // In the order in which Linux returns them.
  let written = copyAll(buf, from, stop, OptionType.RecordRoute, into, 0);
  written = copyAll(buf, from, stop, OptionType.Timestamp, into, written);
  const route = findSourceRoute(buf, from, stop);
  if (route >= 0) written += reverse(buf, route, source, into, written);
  while ((written & 3) !== 0) into[written++] = OptionType.EndOfList;
  return written;
}

/** Copies the options of a type. @returns where the copy ends. */
function copyAll(buf: Uint8Array, from: number, stop: number, type: number, into: Uint8Array, to: number): number {
  for (let at = from; at < stop && buf[at] !== OptionType.EndOfList; ) {
    const length = optionLength(buf, at, stop);
    if (length === 0) break;
    if (buf[at] === type) {
      copyBytes(buf, at, into, to, length);
      to += length;
    }
    at += length;
  }
  return to;
}

/** A record route with room for `slots` addresses, 0 to 9. @throws {RangeError} on more. */
export function recordRoute(slots: number = MAX_ROUTE): Ipv4Option {
  if (!(Number.isInteger(slots) && slots >= 0 && slots <= MAX_ROUTE))
    throw new RangeError(`a record route has room for 0 to ${MAX_ROUTE} addresses, not ${slots}`);
  const data = new Uint8Array(1 + 4 * slots);
  data[0] = FIRST_ADDRESS;
  return { type: OptionType.RecordRoute, data };
}

/** A source route through these addresses, signed 32-bit integers; the header's destination is the hop before the first. */
export function sourceRoute(isStrict: boolean, route: readonly number[]): Ipv4Option {
  const { data } = recordRoute(route.length);
  for (const [i, address] of route.entries()) setU32(data, 1 + 4 * i, address);
  return { type: isStrict ? OptionType.StrictSourceRoute : OptionType.LooseSourceRoute, data };
}

/**
 * A timestamp option.
 * @param slots how many times there is room for: 0 to 9 without, 0 to 4 with addresses; or the addresses whose hosts are
 * asked. @throws {RangeError} on more.
 */
export function timestamp(flag: number, slots: number | readonly number[]): Ipv4Option {
  const size = flag === TimestampFlag.TimesOnly ? 4 : 8;
  const count = typeof slots === "number" ? slots : slots.length;
  const most = Math.floor((MAX_OPTIONS_LENGTH - 4) / size);
  if (!(Number.isInteger(count) && count >= 0 && count <= most))
    throw new RangeError(`a timestamp option of this kind has room for 0 to ${most}, not ${count}`);
  const data = new Uint8Array(2 + size * count);
  data[0] = FIRST_TIME;
  data[1] = flag;
  if (typeof slots !== "number") for (const [i, address] of slots.entries()) setU32(data, 2 + size * i, address);
  return { type: OptionType.Timestamp, data };
}
