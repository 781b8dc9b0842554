import { afterEach, beforeEach, expect, test } from "vitest";
import { getU16, toHex } from "../../packets/bytes.ts";
import { Lab } from "../../src/lab/lab.ts";
import type { LabNamespace } from "../../src/lab/namespace.ts";
import type { Port } from "../../src/lab/port.ts";
import { Direction, type FrameBatch, FrameFlag, type Link, type LinkEvent } from "../../src/link/link.ts";
import { openPacketLink } from "../../src/link/packet.ts";
import { UserError } from "../../src/linux/errors.ts";
import { describeNetns } from "../support/privilege.ts";
import { until } from "../support/until.ts";

/** A frame as a test keeps it: the batch itself is gone when its handler returns. */
interface Seen {
  readonly bytes: Uint8Array;
  readonly original: number;
  readonly direction: number;
  readonly flags: number;
  readonly time: number;
}

const ETHERTYPE_EXPERIMENT = 0x88b5;

function collect(link: Link): Seen[] {
  const seen: Seen[] = [];
  link.onFrames((batch: FrameBatch) => {
    for (let i = 0; i < batch.count; i++)
      seen.push({
        bytes: batch.buffer.slice(batch.offset[i], batch.offset[i]! + batch.length[i]!),
        original: batch.originalLength[i]!,
        direction: batch.direction[i]!,
        flags: batch.flags[i]!,
        time: batch.time[i]!,
      });
  });
  return seen;
}

/** A broadcast frame of a type that no kernel answers, its payload counting up from `mark`. */
function frame(length: number, mark = 0): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => (i < 6 ? 0xff : i < 12 ? 2 : (i + mark) & 255));
  bytes[12] = ETHERTYPE_EXPERIMENT >> 8;
  bytes[13] = ETHERTYPE_EXPERIMENT & 255;
  return bytes;
}

function send(link: Link, ...frames: Uint8Array[]): number {
  for (const bytes of frames) {
    const offset = link.reserve(bytes.length);
    if (offset < 0) continue;
    link.tx.set(bytes, offset);
    link.commit(bytes.length);
  }
  return link.flush();
}

describeNetns("the link over AF_PACKET", () => {
  let lab: Lab;
  let namespace: LabNamespace;
  let ve0: Port;
  let ve1: Port;
  const links: Link[] = [];
  const open = (port: Port, options = {}) => {
    const link = port.openLink(options);
    links.push(link);
    return link;
  };

  beforeEach(() => {
    lab = Lab.create();
    namespace = lab.addNamespace("test");
    [ve0, ve1] = lab.addPair({ name: "ve0", namespace }, { name: "ve1", namespace });
    ve0.up();
    ve1.up();
  });
  afterEach(() => {
    for (const link of links.splice(0)) link.close();
    lab.close();
  });

  test("carries frames of every size up to the MTU, whole and in order", async () => {
    const [a, b] = [open(ve0), open(ve1)];
    const seen = collect(b);
    const sizes = [14, 15, 60, 61, 1513, 1514];
    const sentAt = a.now();
    expect(send(a, ...sizes.map((size) => frame(size, size)))).toBe(sizes.length);
    await until(() => seen.length === sizes.length);
    expect(seen.map((one) => toHex(one.bytes))).toEqual(sizes.map((size) => toHex(frame(size, size))));
    for (const one of seen) {
      expect(one.original).toBe(one.bytes.length);
      expect(one.direction).toBe(Direction.In);
      expect(one.flags).toBe(0);
      expect(one.time).toBeGreaterThanOrEqual(sentAt);
      expect(one.time).toBeLessThanOrEqual(b.now());
    }
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    expect(a.stats()).toMatchObject({ txFrames: sizes.length, txBytes: bytes, txErrors: 0 });
    expect(b.stats()).toMatchObject({ rxFrames: sizes.length, rxBytes: bytes, rxDropped: 0, rxTruncated: 0 });
    expect(ve0.counters()).toMatchObject({ txPackets: sizes.length, txBytes: bytes });
  });

  test("does not echo its own frames, and shows others' only when asked", async () => {
    const a = open(ve0);
    const own = collect(a);
    const plain = collect(open(ve0));
    const sniffer = collect(open(ve0, { outgoing: true }));
    send(a, frame(60));
    await until(() => sniffer.length === 1);
    expect(sniffer[0]?.direction).toBe(Direction.Out);
    expect(own).toEqual([]);
    expect(plain).toEqual([]);
  });

  test("more frames than a batch or the ring holds: none is lost while the event loop reads", async () => {
    const [a, b] = [open(ve0), open(ve1, { ringBytes: 1 << 18 })];
    const seen = collect(b);
    for (let round = 0; round < 50; round++) {
      send(a, ...Array.from({ length: 100 }, (_, i) => frame(60, round * 100 + i)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => seen.length >= 5000);
    expect(seen.map((one) => one.bytes[20])).toEqual(Array.from({ length: 5000 }, (_, i) => (20 + i) & 255));
    expect(b.stats().rxDropped).toBe(0);
  });

  test("frames that nobody reads in time are dropped by the kernel, and counted", async () => {
    const [a, b] = [open(ve0), open(ve1, { ringBytes: 1 << 16 })];
    const seen = collect(b);
    const slots = (1 << 16) / 2048;
    send(a, ...Array.from({ length: 500 }, () => frame(60)));
    await until(() => seen.length > 0);
    expect(seen.length).toBe(slots);
    expect(b.stats().rxDropped).toBe(500 - slots);
    // Asked again it does not forget: the kernel's own counter starts anew at each reading.
    expect(b.stats().rxDropped).toBe(500 - slots);
  });

  test("a VLAN tag that the kernel took off is put back in its place", async () => {
    const [a, b] = [open(ve0), open(ve1)];
    const seen = collect(b);
    const tagged = frame(64);
    tagged.set([0x81, 0x00, 0x60, 0x0a, 0x08, 0x06], 12);
    const serviceTagged = frame(68);
    serviceTagged.set([0x88, 0xa8, 0x00, 0x64, 0x81, 0x00, 0x00, 0x0a, 0x08, 0x06], 12);
    send(a, tagged, serviceTagged);
    await until(() => seen.length === 2);
    expect(toHex(seen[0]!.bytes)).toBe(toHex(tagged));
    expect(toHex(seen[1]!.bytes)).toBe(toHex(serviceTagged));
    expect(seen[0]!.original).toBe(64);
    expect(seen[0]!.flags & FrameFlag.VlanRestored).not.toBe(0);
  });

  test("marks a checksum that the sender left unfinished", async () => {
    const seen = collect(open(ve1));
    ve0.addAddress("10.0.0.1/24");
    namespace.ip("neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev ve0 nud permanent");
    const child = namespace.spawn("bash", ["-c", "echo hello > /dev/udp/10.0.0.2/9"]);
    await new Promise((resolve) => child.once("exit", resolve));
    await until(() => seen.length === 1);
    expect(seen[0]!.flags).toBe(FrameFlag.ChecksumNotReady);
    expect(getU16(seen[0]!.bytes, 12)).toBe(0x0800);
  });

  test("a filter program decides what comes in", async () => {
    // ldh [12]; jeq #0x0806, accept, drop
    const words = [
      [0x28, 0, 0, 12],
      [0x15, 0, 1, 0x0806],
      [0x06, 0, 0, 0xffff],
      [0x06, 0, 0, 0],
    ];
    const code = new DataView(new ArrayBuffer(8 * words.length));
    for (const [i, [op, jt, jf, k]] of words.entries()) {
      code.setUint16(8 * i, op!, true);
      code.setUint8(8 * i + 2, jt!);
      code.setUint8(8 * i + 3, jf!);
      code.setUint32(8 * i + 4, k!, true);
    }
    const seen = collect(open(ve1, { filter: { count: words.length, code: new Uint8Array(code.buffer) } }));
    const arp = frame(60);
    arp.set([0x08, 0x06], 12);
    send(open(ve0), frame(60), arp, frame(60));
    await until(() => seen.length === 1);
    expect(getU16(seen[0]!.bytes, 12)).toBe(0x0806);
  });

  test("counts what it cannot send: too long for a slot, too long for the MTU, link down", () => {
    const a = open(ve0);
    expect(a.reserve(100_000)).toBe(-1);
    expect(a.stats()).toMatchObject({ txErrors: 1, lastTxError: "EMSGSIZE" });
    // One byte over the MTU fits a slot, and is the kernel's to refuse; the frames around it go.
    expect(send(a, frame(60), frame(1500 + 14 + 5), frame(60))).toBe(2);
    expect(a.stats()).toMatchObject({ txFrames: 2, txErrors: 2, lastTxError: "EMSGSIZE" });
    ve0.down();
    expect(send(a, frame(60), frame(60))).toBe(0);
    expect(a.stats()).toMatchObject({ txFrames: 2, txErrors: 4, lastTxError: "ENETDOWN" });
  });

  test("survives link down and up, and says so; works again at once", async () => {
    const [a, b] = [open(ve0), open(ve1)];
    const events: LinkEvent[] = [];
    b.onEvent((event) => events.push(event));
    const seen = collect(b);
    collect(a);
    ve1.down();
    await until(() => events.length === 1);
    ve1.up();
    await until(() => events.length === 2);
    expect(events).toEqual([{ type: "down" }, { type: "up" }]);
    // The kernel activates the other end's queue a moment later, and until then drops what it accepted.
    await until(() => send(a, frame(60)) === 1 && seen.length > 0);
    ve0.down();
    await until(() => events.length === 3);
    expect(events[2]).toEqual({ type: "down" });
    ve0.up();
    await until(() => events.length === 4);
    expect(events[3]).toEqual({ type: "up" });
  });

  test("opened just after both ends were set up, it has nothing to report", async () => {
    ve0.down();
    ve1.down();
    ve0.up();
    ve1.up();
    const events: LinkEvent[] = [];
    open(ve0).onEvent((event) => events.push(event));
    open(ve1).onEvent((event) => events.push(event));
    // The kernel's own link watch runs once a second.
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect(events).toEqual([]);
  });

  test("says that the interface is gone when it is deleted, or moved away", async () => {
    const [a, b] = [open(ve0), open(ve1)];
    const events: string[] = [];
    a.onEvent((event) => events.push(`ve0 ${event.type}`));
    b.onEvent((event) => events.push(`ve1 ${event.type}`));
    collect(a);
    collect(b);
    ve1.moveTo(lab.addNamespace("elsewhere"));
    await until(() => events.includes("ve1 gone"));
    namespace.ip("link delete dev ve0");
    await until(() => events.includes("ve0 gone"));
    expect(send(a, frame(60))).toBe(0);
  });

  test("after close, what is still held of it reads zeros", () => {
    const a = openPacketLink("ve0", { namespace: namespace.kernel });
    const { tx } = a;
    tx[0] = 7;
    a.close();
    a.close();
    expect(tx[0]).toBe(0);
    expect(a.flush()).toBe(0);
  });

  test("after close, sending comes to nothing however often, and is counted", () => {
    const a = openPacketLink("ve0", { namespace: namespace.kernel });
    a.close();
    for (let i = 0; i < 2_000; i++) {
      const off = a.reserve(60);
      expect(off + 60).toBeLessThanOrEqual(a.tx.length);
      a.tx.set(frame(60), off);
      a.commit(60);
      if (i % 3 === 0) a.flush();
    }
    a.flush();
    expect(a.stats()).toMatchObject({ txFrames: 0, txErrors: 2_000, lastTxError: "ENXIO" });
    for (let i = 0; i < 2_000; i++) {
      a.reserve(60);
      a.commit(60);
    }
  });

  test("an interface that is not there, or no Ethernet, is refused with one line", () => {
    const refuse = (name: string) => () => openPacketLink(name, { namespace: namespace.kernel });
    expect(refuse("nope")).toThrow(UserError);
    expect(refuse("nope")).toThrow("no interface nope here: `ip link` shows those that exist");
    expect(refuse("a-name-that-is-far-too-long")).toThrow(/no interface/);
  });
});
