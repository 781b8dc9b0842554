/** The ring of blocks (TPACKET_V3), and links that are polled instead of waking the event loop. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { toHex } from "../../packets/bytes.ts";
import { Lab } from "../../src/lab/lab.ts";
import type { Port } from "../../src/lab/port.ts";
import { drive } from "../../src/link/drive.ts";
import { type FrameBatch, FrameFlag, type Link } from "../../src/link/link.ts";
import { openPacketLink, type PacketLink, type PacketLinkOptions } from "../../src/link/packet.ts";
import { describeNetns } from "../support/privilege.ts";
import { pollUntil, until } from "../support/until.ts";

/** A broadcast frame of a type that no kernel answers, numbered. */
function frame(length: number, number = 0): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => (i < 6 ? 0xff : i < 12 ? 2 : i & 255));
  bytes.set([0x88, 0xb5], 12);
  if (length >= 18) new DataView(bytes.buffer).setUint32(14, number);
  return bytes;
}

function send(link: Link, ...frames: Uint8Array[]): number {
  let sent = 0;
  for (const bytes of frames) {
    const at = link.reserve(bytes.length);
    if (at < 0) continue;
    link.tx.set(bytes, at);
    link.commit(bytes.length);
    sent++;
  }
  link.flush();
  return sent;
}

/** Copies of what arrives. */
function collect(link: Link): { bytes: Uint8Array; original: number; flags: number; time: number }[] {
  const seen: { bytes: Uint8Array; original: number; flags: number; time: number }[] = [];
  link.onFrames(({ count, buffer, offset, length, originalLength, flags, time }: FrameBatch) => {
    for (let i = 0; i < count; i++) {
      const bytes = buffer.slice(offset[i], offset[i]! + length[i]!);
      seen.push({ bytes, original: originalLength[i]!, flags: flags[i]!, time: time[i]! });
    }
  });
  return seen;
}

describeNetns("rings of blocks, and polled links", () => {
  let lab: Lab;
  let ve0: Port;
  let ve1: Port;
  const links: Link[] = [];
  const open = (port: Port, options: PacketLinkOptions = {}): PacketLink => {
    const link = openPacketLink(port.name, { ...options, namespace: port.namespace.kernel });
    links.push(link);
    return link;
  };

  beforeEach(() => {
    lab = Lab.create();
    const namespace = lab.addNamespace("test");
    [ve0, ve1] = lab.addPair({ name: "ve0", namespace }, { name: "ve1", namespace });
    ve0.up();
    ve1.up();
  });
  afterEach(() => {
    for (const link of links.splice(0)) link.close();
    lab.close();
  });

  test("frames of every size arrive whole, in order, stamped, though their block is not full", async () => {
    const [a, b] = [open(ve0), open(ve1, { ring: "bulk" })];
    const seen = collect(b);
    const sizes = [14, 15, 60, 61, 1513, 1514];
    const sentAt = a.now();
    expect(send(a, ...sizes.map((size) => frame(size, size)))).toBe(sizes.length);
    await until(() => seen.length === sizes.length);
    expect(seen.map((one) => toHex(one.bytes))).toEqual(sizes.map((size) => toHex(frame(size, size))));
    for (const { time, flags, original, bytes } of seen) {
      expect(time).toBeGreaterThanOrEqual(sentAt);
      expect(time).toBeLessThanOrEqual(b.now());
      expect(flags).toBe(0);
      expect(original).toBe(bytes.length);
    }
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    expect(b.stats()).toMatchObject({ rxFrames: sizes.length, rxBytes: bytes, rxDropped: 0, rxTruncated: 0 });
  });

  test("many blocks, round the ring more than once: none lost, none twice, in order", async () => {
    // Four blocks of a MiB; a round's frames lie in two at most, also when the reader is late.
    const [a, b] = [open(ve0), open(ve1, { ring: "bulk", ringBytes: 4 << 20 })];
    const seen = collect(b);
    for (let round = 0; round < 40; round++) {
      send(a, ...Array.from({ length: 100 }, (_, i) => frame(1514, round * 100 + i)));
      await until(() => seen.length === (round + 1) * 100);
    }
    expect(seen.map(({ bytes }) => new DataView(bytes.buffer).getUint32(14))).toEqual(
      Array.from({ length: 4000 }, (_, i) => i),
    );
    expect(b.stats()).toMatchObject({ rxFrames: 4000, rxDropped: 0 });
  });

  test("VLAN tags are put back in their place, before the frame in the block", async () => {
    const [a, b] = [open(ve0), open(ve1, { ring: "bulk" })];
    const seen = collect(b);
    const tagged = frame(64, 7);
    tagged.set([0x81, 0x00, 0x60, 0x0a, 0x08, 0x06], 12);
    const serviceTagged = frame(68, 8);
    serviceTagged.set([0x88, 0xa8, 0x00, 0x64, 0x81, 0x00, 0x00, 0x0a, 0x08, 0x06], 12);
    send(a, frame(60, 1), tagged, serviceTagged, frame(60, 2));
    await until(() => seen.length === 4);
    expect(seen.map(({ bytes }) => toHex(bytes))).toEqual(
      [frame(60, 1), tagged, serviceTagged, frame(60, 2)].map((one) => toHex(one)),
    );
    expect(seen.map(({ flags }) => flags)).toEqual([0, FrameFlag.VlanRestored, FrameFlag.VlanRestored, 0]);
    expect(seen.map(({ original }) => original)).toEqual([60, 64, 68, 60]);
  });

  test("what the kernel drops is counted, and frames come again after it", async () => {
    const [a, b] = [open(ve0), open(ve1, { ring: "bulk", ringBytes: 2 << 20, wake: "calls" })];
    const seen = collect(b);
    const flood = Array.from({ length: 3000 }, (_, i) => frame(1514, i));
    send(a, ...flood);
    const { rxDropped } = b.stats();
    expect(rxDropped).toBeGreaterThan(0);
    pollUntil(b, () => seen.length >= flood.length - rxDropped);
    expect(seen.length + b.stats().rxDropped).toBe(flood.length);
    send(a, frame(60, 4242));
    await until(() => b.poll() > 0);
    expect(toHex(seen.at(-1)!.bytes)).toBe(toHex(frame(60, 4242)));
  });

  test("a handler that throws loses its own batch alone", () => {
    const [a, b] = [open(ve0), open(ve1, { ring: "bulk", wake: "calls" })];
    let calls = 0;
    let frames = 0;
    b.onFrames((batch) => {
      if (++calls === 1) throw new Error("once");
      frames += batch.count;
    });
    send(a, ...Array.from({ length: 200 }, (_, i) => frame(60, i)));
    b.wait(1000);
    expect(() => b.poll()).toThrow("once");
    pollUntil(b, () => frames >= 136);
    expect(b.poll()).toBe(0);
    expect(frames).toBe(136);
  });

  test.each(["latency", "bulk"] as const)("polled (%s): nothing comes unless asked for, and waiting ends", (ring) => {
    const [a, b] = [open(ve0), open(ve1, { ring, wake: "calls" })];
    const seen = collect(b);
    expect(b.poll()).toBe(0);
    expect(b.wait(1)).toBe(false);
    send(a, frame(60, 1), frame(60, 2));
    expect(b.wait(5000)).toBe(true);
    expect(seen).toEqual([]);
    expect(b.poll()).toBe(2);
    expect(seen.length).toBe(2);
    expect(b.wait(1)).toBe(false);
    b.close();
    expect(b.wait(1)).toBe(false);
    expect(b.poll()).toBe(0);
  });

  test.each(["block", "spin"] as const)(
    "driven by %s: frames flow, timers fire, and it stops when told",
    async (gear) => {
      const [a, b] = [open(ve0), open(ve1, { wake: "calls" })];
      const seen = collect(b);
      let stopped = false;
      let slices = 0;
      drive(
        b,
        gear,
        () => stopped,
        () => {
          slices++;
        },
      );
      let ticks = 0;
      const timer = setInterval(() => {
        ticks++;
        send(a, frame(60, ticks));
      }, 1);
      await until(() => seen.length >= 5);
      clearInterval(timer);
      stopped = true;
      await new Promise((resolve) => setTimeout(resolve, 50));
      const before = slices;
      send(a, frame(60));
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(slices).toBe(before);
      expect(ticks).toBeGreaterThanOrEqual(5);
    },
  );

  test.each(["latency", "bulk"] as const)("a frame can be sent from where it was received (%s)", (ring) => {
    const [a, b] = [open(ve0, { wake: "calls" }), open(ve1, { ring, wake: "calls" })];
    const back = collect(a);
    expect(b.canReturn).toBe(false);
    let handled = 0;
    b.onFrames(({ count, buffer, offset, length }) => {
      expect(b.canReturn).toBe(true);
      for (let i = 0; i < count; i++) {
        buffer[offset[i]! + 17]! ^= 0xff;
        b.commitReceived?.(offset[i]!, length[i]!);
        // A frame of one's own between them uses a slot that pointed into the ring before.
        if (handled++ % 3 === 0) {
          const at = b.reserve(60);
          b.tx.set(frame(60, 0x01020300), at);
          b.commit(60);
        }
      }
      b.flush();
    });
    const expected: string[] = [];
    for (let round = 0; round < 3; round++) {
      const frames = Array.from({ length: 50 }, (_, i) => frame(60 + i, i));
      send(a, ...frames);
      // A block may be handed over before all frames are in it.
      pollUntil(b, () => handled >= 50 * (round + 1));
      for (const [i, bytes] of frames.entries()) {
        expected.push(toHex(Object.assign(bytes, { 17: bytes[17]! ^ 0xff })));
        if ((50 * round + i) % 3 === 0) expected.push(toHex(frame(60, 0x01020300)));
      }
      pollUntil(a, () => back.length >= expected.length);
    }
    expect(back.map(({ bytes }) => toHex(bytes))).toEqual(expected);
  });

  test("not while another handler would find the reply where the request was", () => {
    const [a, b] = [open(ve0), open(ve1, { wake: "calls" })];
    const said: (boolean | undefined)[] = [];
    b.onFrames(() => said.push(b.canReturn));
    const remove = b.onFrames(() => {});
    send(a, frame(60));
    b.wait(1000);
    b.poll();
    remove();
    send(a, frame(60));
    b.wait(1000);
    b.poll();
    expect(said).toEqual([false, true]);
  });

  test("a link without a ring sends, and receives nothing", async () => {
    const [a, b] = [open(ve0, { ring: "none" }), open(ve1)];
    const seen = collect(b);
    const none = collect(a);
    send(a, frame(60, 1), frame(1514, 2));
    await until(() => seen.length === 2);
    send(b, frame(60, 3));
    expect(a.wait(20)).toBe(false);
    expect(a.poll()).toBe(0);
    expect(none).toEqual([]);
    expect(a.stats()).toMatchObject({ rxFrames: 0, rxDropped: 0, txFrames: 2, txErrors: 0 });
    ve0.down();
    send(a, frame(60));
    expect(a.stats()).toMatchObject({ txErrors: 1, lastTxError: "ENETDOWN" });
  });

  test("a namespace may be named by its path", async () => {
    const link = openPacketLink("ve1", { namespace: ve1.namespace.kernel.path });
    links.push(link);
    const seen = collect(link);
    send(open(ve0), frame(60));
    await until(() => seen.length === 1);
    expect(() => openPacketLink("ve1", { namespace: "/nonexistent/ns" })).toThrow("no namespace at /nonexistent/ns");
  });
});
