/** The fields of TCP's options (IANA: TCP Option Kind Numbers). */

import { named } from "./names.ts";
import { TCP } from "./tcp-spec.ts";
import type { Walker } from "./walker.ts";

const NAMES: Readonly<Record<number, string>> = {
  0: "end of list",
  1: "no-operation",
  2: "maximum segment size",
  3: "window scale",
  4: "SACK permitted",
  5: "SACK",
  6: "echo",
  7: "echo reply",
  8: "timestamps",
  19: "MD5 signature",
  28: "user timeout",
  29: "authentication",
  30: "multipath TCP",
  34: "fast open cookie",
  253: "experiment",
  254: "experiment",
};
function optionName(kind: number): string {
  return NAMES[kind] ?? `option-${kind}`;
}

const OPTIONS = TCP.list("options", "Options", "RFC 9293, 3.2");
const KIND = OPTIONS.number("kind", "Kind", 1, { names: optionName, nameKey: "name" });
const LENGTH = OPTIONS.number("length", "Length", 1, { unit: "bytes" });
const MSS = OPTIONS.number("mss", "Maximum segment size", 2, { unit: "bytes", source: "RFC 9293, 3.7.1" });
const SHIFT = OPTIONS.number("shift", "Shift count", 1, { unit: "bits", source: "RFC 7323, 2.2" });
const VALUE = OPTIONS.number("value", "TS value", 4, { source: "RFC 7323, 3.2" });
const ECHO = OPTIONS.number("echo", "TS echo reply", 4, { source: "RFC 7323, 3.2" });
const BLOCKS = OPTIONS.list("blocks", "Blocks", "RFC 2018, 3");
const LEFT = BLOCKS.number("left", "Left edge", 4);
const RIGHT = BLOCKS.number("right", "Right edge", 4);
const DIGEST = OPTIONS.bytes("digest", "MD5 digest", { source: "RFC 2385, 3.0" });
const MINUTES = OPTIONS.flag("inMinutes", "Granularity: minutes", 2, 0, { source: "RFC 5482, 3.1" });
const TIMEOUT = OPTIONS.number("timeout", "User timeout", 2, { bits: [1, 15], source: "RFC 5482, 3.1" });
const KEY_ID = OPTIONS.number("keyId", "KeyID", 1, { source: "RFC 5925, 2.2" });
const NEXT_KEY_ID = OPTIONS.number("nextKeyId", "RNextKeyID", 1, { source: "RFC 5925, 2.2" });
const MAC = OPTIONS.bytes("mac", "Message authentication code", { source: "RFC 5925, 2.2" });
const COOKIE = OPTIONS.bytes("cookie", "Fast open cookie", { source: "RFC 7413, 4.1.1" });
const SUBTYPE = OPTIONS.number("subtype", "Subtype", 1, {
  bits: [0, 4],
  source: "RFC 8684, 3",
  names: named({
    0: "MP_CAPABLE",
    1: "MP_JOIN",
    2: "DSS",
    3: "ADD_ADDR",
    4: "REMOVE_ADDR",
    5: "MP_PRIO",
    6: "MP_FAIL",
    7: "MP_FASTCLOSE",
    8: "MP_TCPRST",
  }),
});
const FILL = TCP.unused("Padding of the options");
const DATA = OPTIONS.bytes("data", "Data");

/** The options from `at` to `stop`. */
export function visitTcpOptions(w: Walker, at: number, stop: number): void {
  w.open(OPTIONS, at);
  w.narrow(stop, "TCP data offset");
  let next = at;
  for (; next < w.end && !w.failed; ) {
    const kind = w.buf[next]!;
    w.item(OPTIONS, next, optionName(kind));
    w.u8(KIND, next);
    let length = 1;
    if (kind > 1) {
      length = w.u8(LENGTH, next + 1);
      if (length < 2) w.problem(next, "length", `an option of ${length} bytes, the least is 2`);
      w.narrow(next + length, "option length");
      if (next + length > w.end) w.need("the option", next, length);
      visitData(w, kind, next + 2, length - 2);
      w.widen();
    }
    next += length;
    const isSound = w.close(next);
    if (!isSound || kind === 0) break;
  }
  w.close(next);
  if (next < w.end && !w.failed && w.buf[next - 1] === 0) w.place(FILL, next, w.end - next);
  w.widen();
}

/** @param length bytes of data from `at` on. */
function visitData(w: Walker, kind: number, at: number, length: number): void {
  switch (kind) {
    case 2:
      w.u16(MSS, at);
      return;
    case 3:
      w.u8(SHIFT, at);
      return;
    case 4:
      return;
    case 5:
      w.open(BLOCKS, at);
      for (let next = at; next < at + length && !w.failed; next += 8) {
        w.item(BLOCKS, next);
        w.u32(LEFT, next);
        w.u32(RIGHT, next + 4);
        w.close(next + 8);
      }
      w.close(at + length);
      return;
    case 8:
      w.u32(VALUE, at);
      w.u32(ECHO, at + 4);
      return;
    case 19:
      w.place(DIGEST, at, length);
      return;
    case 28:
      w.flag(MINUTES, at);
      w.bits(TIMEOUT, at);
      return;
    case 29:
      w.u8(KEY_ID, at);
      w.u8(NEXT_KEY_ID, at + 1);
      w.place(MAC, at + 2, Math.max(0, length - 2));
      return;
    case 30:
      w.bits(SUBTYPE, at);
      w.place(DATA, at, length);
      return;
    case 34:
      if (length > 0) w.place(COOKIE, at, length);
      return;
    default:
      if (length > 0) w.place(DATA, at, length);
  }
}
