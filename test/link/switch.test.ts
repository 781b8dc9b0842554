import { describe, expect, test } from "vitest";
import { MacTable } from "../../src/link/mac-table.ts";
import { type EndOptions, type SimulatedLink, SimulatedWire, type WireOptions } from "../../src/link/simulated.ts";
import { VirtualClock } from "../../src/stack/clock.ts";

const BROADCAST = 0xff;

/** Ends whose stations have the MAC addresses 02:00:00:00:00:<n>; `heard` notes what each receives as `end<sender>`. */
function segment(options: Partial<WireOptions>, ends: EndOptions[]) {
  const clock = new VirtualClock();
  const wire = new SimulatedWire({ clock, ...options });
  const links = ends.map((end) => wire.attach(end));
  let heard: string[] = [];
  links.forEach((link, i) => {
    link.onFrames((batch) => {
      for (let k = 0; k < batch.count; k++) heard.push(`${i}<${batch.buffer[batch.offset[k]! + 11]}`);
    });
  });
  /** Sends from one end as one station to another, and returns who heard it. */
  const send = (from: number, to: number, as = from + 1) => {
    heard = [];
    const link = links[from] as SimulatedLink;
    const at = link.reserve(60);
    link.tx.fill(0, at, at + 60);
    link.tx.set(to === BROADCAST ? [255, 255, 255, 255, 255, 255] : [2, 0, 0, 0, 0, to], at);
    link.tx.set([2, 0, 0, 0, 0, as], at + 6);
    link.commit(60);
    link.flush();
    clock.advance(1);
    return heard;
  };
  return { clock, wire, links, send };
}

describe("a switch", () => {
  test("floods what is for nobody that it knows, and sends the rest to one end", () => {
    const { send } = segment({ switch: true }, [{}, {}, {}, {}]);
    expect(send(0, 3)).toEqual(["1<1", "2<1", "3<1"]);
    expect(send(2, 1)).toEqual(["0<3"]);
    expect(send(0, 3)).toEqual(["2<1"]);
    expect(send(0, BROADCAST)).toEqual(["1<1", "2<1", "3<1"]);
  });

  test("a hub does not", () => {
    const { send } = segment({}, [{}, {}, {}]);
    send(1, BROADCAST);
    expect(send(0, 2)).toEqual(["1<1", "2<1"]);
  });

  test("a station that moved is found at its new end; one behind the sender's end is left alone", () => {
    const { send } = segment({ switch: true }, [{}, {}, {}]);
    send(1, BROADCAST, 9);
    expect(send(0, 9)).toEqual(["1<1"]);
    send(2, BROADCAST, 9);
    expect(send(0, 9)).toEqual(["2<1"]);
    expect(send(2, 9, 3)).toEqual([]);
  });

  test("forgets who was silent for too long, and who was behind an end that is gone", () => {
    const { clock, links, send } = segment({ switch: { ageingMs: 10_000 } }, [{}, {}, {}]);
    send(1, BROADCAST);
    clock.advance(9_000);
    expect(send(0, 2)).toEqual(["1<1"]);
    clock.advance(2_000);
    expect(send(0, 2)).toEqual(["1<1", "2<1"]);
    send(1, BROADCAST);
    links[1]!.remove();
    expect(send(0, 2)).toEqual(["2<1"]);
  });

  test("a mirror port sees everything", () => {
    const { send } = segment({ switch: true }, [{}, {}, { mirror: true, promiscuous: false }]);
    send(1, BROADCAST);
    expect(send(0, 2)).toEqual(["1<1", "2<1"]);
  });
});

describe("an end that is not promiscuous", () => {
  test("takes what is for its own address and for groups", () => {
    const { send } = segment({}, [{}, { promiscuous: false }, { promiscuous: false }]);
    expect(send(0, 2)).toEqual(["1<1"]);
    expect(send(0, 3)).toEqual(["2<1"]);
    expect(send(0, BROADCAST)).toEqual(["1<1", "2<1"]);
  });
});

test("names and addresses are never given twice", () => {
  const { wire, links } = segment({}, [{}, {}, {}]);
  links[1]!.remove();
  expect(wire.attach()).toMatchObject({ name: "sim3", mac: Uint8Array.of(2, 0, 0, 0, 0, 4) });
});

describe("the table of stations", () => {
  test("holds as many as it should, and forgets the one that was silent longest", () => {
    const table = new MacTable<number>(4, 1000);
    for (let i = 0; i < 4; i++) table.learn(0x0200, i, i, i);
    expect([0, 1, 2, 3].map((i) => table.find(0x0200, i, 4))).toEqual([0, 1, 2, 3]);
    table.learn(0x0200, 0, 0, 5);
    table.learn(0x0200, 9, 9, 6);
    expect([0, 1, 2, 3, 9].map((i) => table.find(0x0200, i, 7))).toEqual([0, null, 2, 3, 9]);
    table.forget(9);
    expect(table.find(0x0200, 9, 7)).toBeNull();
  });

  test("a million forged addresses leave it as large as it was", () => {
    const table = new MacTable<number>(1024, 1000);
    for (let i = 0; i < 1_000_000; i++) table.learn(0x0200, i, i, i / 1e6);
    let known = 0;
    for (let i = 0; i < 1_000_000; i++) if (table.find(0x0200, i, 1) !== null) known++;
    expect(known).toBeLessThanOrEqual(1024);
    expect(known).toBeGreaterThan(900);
  });
});
