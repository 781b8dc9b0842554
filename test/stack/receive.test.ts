/** What a host takes from its link: whose frames, of which VLAN, in whatever batches; the rest has a reason. */
import { describe, expect, test } from "vitest";
import { EtherType } from "../../packets/ethernet.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as mac from "../../packets/mac.ts";
import * as udp from "../../packets/udp.ts";
import * as vlan from "../../packets/vlan.ts";
import { Direction, type FrameBatch, FrameFlag } from "../../src/link/link.ts";
import { Host } from "../../src/stack/host.ts";
import { arpFrame, Bench, datagram, echoFrame, frame, HOST_IP, HOST_MAC, PEER_IP, PEER_MAC } from "./support.ts";

/** The frame with a tag after its addresses. */
function tagged(bytes: Uint8Array, ...tags: [tpid: number, tci: number][]): Uint8Array {
  const words = tags.flatMap(([tpid, tci]) => [tpid >> 8, tpid & 255, tci >> 8, tci & 255]);
  return Uint8Array.from([...bytes.subarray(0, 12), ...words, ...bytes.subarray(12)]);
}

function expectDrop(bench: Bench, bytes: Uint8Array, reason: string): void {
  expect(bench.send(bytes)).toEqual([]);
  expect(bench.drops()).toEqual({ [reason]: 1 });
}

const TAG = EtherType.Vlan;

describe("whose frames", () => {
  test.each([
    ["another station's", Uint8Array.of(2, 0, 0, 0, 0, 0xcc), PEER_MAC, "other-mac"],
    ["one that differs in its first byte", Uint8Array.of(6, ...HOST_MAC.subarray(1)), PEER_MAC, "other-mac"],
    ["from a group", HOST_MAC, Uint8Array.of(3, 0, 0, 0, 0, 1), "source-mac"],
    ["from everybody to everybody", mac.BROADCAST, mac.BROADCAST, "source-mac"],
    ["from nobody", HOST_MAC, mac.ZERO, "source-mac"],
    ["our own that comes back", HOST_MAC, HOST_MAC, "own-mac"],
    ["our own to everybody that comes back", mac.BROADCAST, HOST_MAC, "own-mac"],
  ])("%s: dropped", (_, dst, src, reason) => expectDrop(new Bench(), echoFrame({}, dst, src), reason));

  test("of other protocols", () =>
    expectDrop(new Bench(), frame(new Uint8Array(46), EtherType.Ipv6, HOST_MAC, PEER_MAC), "ether-type"));

  test("IEEE 802.3 frames have a length for a type", () =>
    expectDrop(new Bench(), frame(new Uint8Array(46), 46, HOST_MAC, PEER_MAC), "ether-type"));

  test.each([1, 13])("of %d bytes", (length) =>
    expectDrop(new Bench(), echoFrame().slice(0, length), "frame-malformed"),
  );
});

describe("VLANs (IEEE 802.1Q)", () => {
  test("a host in none takes a tag that carries a priority alone, and answers untagged", () => {
    const [answer] = new Bench().send(tagged(echoFrame(), [TAG, 5 << 13]));
    expect(answer).toHaveLength(98);
    expect(answer!.subarray(12, 14)).toEqual(Uint8Array.of(8, 0));
  });

  test("a host in none takes no other", () => {
    expectDrop(new Bench(), tagged(echoFrame(), [TAG, 1]), "other-vlan");
    expectDrop(new Bench(), tagged(echoFrame(), [TAG, 0], [TAG, 0]), "other-vlan");
    expectDrop(new Bench(), tagged(echoFrame(), [EtherType.ServiceVlan, 0]), "other-vlan");
  });

  test("a host in one takes its own, and answers with it", () => {
    const bench = new Bench({ vlan: 77 });
    const [echo, arp] = bench.send(tagged(echoFrame(), [TAG, (3 << 13) | 77]), tagged(arpFrame(), [TAG, 77]));
    for (const answer of [echo!, arp!]) {
      expect([answer[12], answer[13]]).toEqual([0x81, 0]);
      expect(vlan.tciVid((answer[14]! << 8) | answer[15]!)).toBe(77);
    }
    expect(bench.drops()).toEqual({});
  });

  test.each([
    ["untagged", echoFrame()],
    ["priority alone", tagged(echoFrame(), [TAG, 0])],
    ["another", tagged(echoFrame(), [TAG, 78])],
    ["two", tagged(echoFrame(), [TAG, 77], [TAG, 77])],
  ])("a host in one does not take: %s", (_, bytes) => expectDrop(new Bench({ vlan: 77 }), bytes, "other-vlan"));
});

describe("batches", () => {
  /** A host on a wire where a test may change what a batch says before the host sees it. */
  function doctored(change: (batch: FrameBatch) => void): Bench {
    const bench = new Bench();
    bench.host.close();
    bench.link.onFrames(change);
    const host = new Host(bench.link, { addresses: ["10.0.0.2/24"], mac: HOST_MAC, clock: bench.clock });
    return Object.assign(Object.create(bench) as Bench, { host });
  }

  test("every frame of one is handled, and good ones are not hurt by bad ones between them", () => {
    const bench = new Bench();
    const bad = [
      echoFrame().slice(0, 20),
      echoFrame({}, mac.BROADCAST),
      frame(new Uint8Array(46), 0x1234, HOST_MAC, PEER_MAC),
    ];
    const frames = Array.from({ length: 60 }, (_, i) => (i % 4 === 0 ? echoFrame({ seq: i }) : bad[(i % 4) - 1]!));
    const answers = bench.send(...frames);
    expect(answers.map((one) => one[41])).toEqual(Array.from({ length: 15 }, (_, i) => i * 4));
    expect(bench.host.stats()).toMatchObject({
      received: 60,
      echoAnswered: 15,
      drops: { "ip-truncated": 15, "ip-group-frame": 15, "ether-type": 15 },
    });
  });

  test("what the machine sent itself is no frame for us", () => {
    const bench = doctored((batch) => batch.direction.fill(Direction.Out));
    expect(bench.send(echoFrame())).toEqual([]);
    expect(bench.drops()).toEqual({ outgoing: 1 });
  });

  test("a frame that the capture cut is told apart from one that lies about its length", () => {
    const cut = echoFrame().slice(0, 60);
    expectDrop(new Bench(), cut, "ip-truncated");
    const bench = doctored((batch) => {
      batch.flags[0]! |= FrameFlag.Truncated;
    });
    expectDrop(bench, cut, "frame-cut");
  });

  test("a transport checksum that was left to hardware is not wrong", () => {
    const heard: number[] = [];
    const payload = udp.build({ srcPort: 4, dstPort: 7, payload: Uint8Array.of(1) }, PEER_IP, HOST_IP);
    payload[udp.CHECKSUM]! ^= 0x55;
    const bytes = frame(datagram({ protocol: ipv4.Protocol.Udp, payload }), EtherType.Ipv4, HOST_MAC, PEER_MAC);
    const handler = { onMessage: ({ fromPort }: { fromPort: number }) => void heard.push(fromPort) };
    const plain = new Bench();
    plain.host.openUdp(handler, { port: 7 });
    expectDrop(plain, bytes, "udp-checksum");
    const bench = doctored((batch) => {
      batch.flags[0]! |= FrameFlag.ChecksumNotReady;
    });
    bench.host.openUdp(handler, { port: 7 });
    bench.send(bytes);
    expect(heard).toEqual([4]);
  });

  test("a host that has left takes nothing", () => {
    const bench = new Bench();
    bench.host.close();
    expect(bench.send(echoFrame(), arpFrame())).toEqual([]);
    expect(bench.host.stats().received).toBe(0);
  });
});

describe("the order of checks, by what a frame with every fault is dropped for", () => {
  test("each fault is the reason until it is mended", () => {
    // Link, then version and length, checksum, source, destination, options, protocol (RFC 1812, 5.2.2; RFC 1122, 3.2.1).
    const options = Uint8Array.of(7, 1, 0, 0);
    const steps: [reason: string, mend: (bytes: Uint8Array) => void][] = [
      ["other-mac", (b) => b.set(HOST_MAC, 0)],
      ["own-mac", (b) => b.set(PEER_MAC, 6)],
      ["ether-type", (b) => b.set([8, 0], 12)],
      ["ip-version", (b) => (b[14] = 0x46)],
      ["ip-truncated", (b) => ipv4.setTotalLength(b, 14, 24 + 16)],
      ["ip-checksum", (b) => ipv4.updateChecksum(b, 14)],
      ["ip-loopback", (b) => address(b, ipv4.setSrc, 0xe0000009)],
      ["ip-source", (b) => address(b, ipv4.setSrc, HOST_IP)],
      ["ip-source-own", (b) => address(b, ipv4.setSrc, PEER_IP)],
      ["ip-not-for-us", (b) => address(b, ipv4.setDst, HOST_IP)],
      ["ip-options", (b) => address(b.fill(0, 34, 38), ipv4.setDst, HOST_IP)],
      ["ip-protocol", () => {}],
    ];
    const bytes = frame(
      datagram({ src: 0x7f000001, dst: 0x08080808, protocol: 253, options, payload: new Uint8Array(16) }),
      0x1234,
      Uint8Array.of(2, 9, 9, 9, 9, 9),
      HOST_MAC,
    );
    bytes[14] = 0x66;
    bytes[24]! ^= 1;
    ipv4.setTotalLength(bytes, 14, 1000);
    const seen = steps.map(([, mend]) => {
      const bench = new Bench();
      bench.send(bytes);
      mend(bytes);
      return Object.keys(bench.drops());
    });
    expect(seen).toEqual(steps.map(([reason]) => [reason]));
  });

  function address(bytes: Uint8Array, set: (b: Uint8Array, off: number, ip: number) => void, to: number): void {
    set(bytes, 14, to | 0);
    ipv4.updateChecksum(bytes, 14);
  }
});
