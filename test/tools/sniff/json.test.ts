import { describe, expect, test } from "vitest";
import { arp, ethernet, icmp, ipv4, llc, mac, udp, vlan } from "../../../packets/index.ts";
import { TextWriter } from "../../../packets/text/index.ts";
import { CaptureDirection } from "../../../src/capture/index.ts";
import { JsonWriter, layersOf } from "../../../src/tools/sniff/index.ts";
import { textFrames } from "../../support/text-frames.ts";

const A = Uint8Array.of(2, 0, 0, 0, 0, 1);
const B = Uint8Array.of(2, 0, 0, 0, 0, 2);

function frame(type: number, payload: Uint8Array): Uint8Array {
  return ethernet.build({ dst: B, src: A, type, payload });
}

function packet(protocol: number, payload: Uint8Array, more: Partial<ipv4.Ipv4Packet> = {}): Uint8Array {
  const fixed = { tos: 0, id: 7, flags: 2, fragmentOffset: 0, ttl: 64, src: 0x0a000001, dst: 0x0a000002 };
  return frame(0x0800, ipv4.build({ ...fixed, protocol, options: new Uint8Array(0), payload, ...more }));
}

function protocols(bytes: Uint8Array): unknown[] {
  return layersOf(bytes, 0, bytes.length).map((layer) => layer.protocol);
}

describe("layers", () => {
  test("echo over IPv4 in a VLAN", () => {
    const data = new Uint8Array(10);
    const message = icmp.build({ kind: "echo-request", code: 0, identifier: 5, sequence: 6, data });
    const plain = packet(1, message);
    const buf = new Uint8Array(plain.length + 4);
    buf.set(plain);
    vlan.insert(buf, 0, plain.length, 0x8100, vlan.makeTci(10, 3, 1));
    const layers = layersOf(buf, 0, buf.length);
    expect(layers.map((layer) => layer.protocol)).toEqual(["ethernet", "vlan", "ipv4", "icmp"]);
    expect(layers[1]).toMatchObject({ type: "0x8100", id: 10, priority: 3, dropEligible: true });
    expect(layers[2]).toMatchObject({ ttl: 64, source: "10.0.0.1", protocolName: "ICMP", checksumOk: true });
    expect(layers[3]).toEqual({
      protocol: "icmp",
      type: 8,
      typeName: "echo request",
      code: 0,
      codeName: "echo request",
      checksum: expect.stringMatching(/^0x[0-9a-f]{4}$/),
      checksumOk: true,
      id: 5,
      sequence: 6,
      payload: 10,
    });
  });

  test("an error shows what it quotes", () => {
    const quoted = packet(17, new Uint8Array(20)).slice(14, 42);
    const bytes = packet(1, icmp.build({ kind: "redirect", code: 1, gateway: 0x0a0000fe, quoted }));
    expect(layersOf(bytes, 0, bytes.length)[2]).toMatchObject({
      gateway: "10.0.0.254",
      quoted: [
        { protocol: "ipv4", protocolNumber: 17, destination: "10.0.0.2" },
        { protocol: "udp", payload: 0 },
      ],
    });
  });

  test("UDP, TCP, fragments, others, SNAP", () => {
    const datagram = udp.build({ srcPort: 1, dstPort: 2, payload: new Uint8Array(3) }, 0x0a000001, 0x0a000002);
    expect(layersOf(packet(17, datagram), 0, 45)[2]).toMatchObject({ sourcePort: 1, checksumOk: true, payload: 3 });
    const segment = new Uint8Array(24);
    segment.set([0, 80, 0, 81]);
    segment.set([0x50, 0x12], 12);
    expect(layersOf(packet(6, segment), 0, 58)[2]).toMatchObject({ flags: ["syn", "ack"], payload: 4 });
    expect(protocols(packet(1, new Uint8Array(8), { fragmentOffset: 8 }))).toEqual(["ethernet", "ipv4"]);
    expect(layersOf(packet(253, segment), 0, 58)[1]).toMatchObject({ protocolNumber: 253, payload: 24 });
    const snap = llc.build({ dsap: 0xaa, ssap: 0xaa, control: 3, snap: { oui: 0, pid: 0x0806 } });
    const payload = arp.build({ oper: 1, sha: A, spa: 1, tha: mac.ZERO, tpa: 2 });
    expect(protocols(frame(36, Uint8Array.from([...snap, ...payload])))).toEqual(["ethernet", "llc", "arp"]);
  });

  test("what cannot be read says why, and is the last", () => {
    expect(layersOf(new Uint8Array(5), 0, 5)).toEqual([
      {
        protocol: "ethernet",
        fault: "truncated",
        faultText: "Destination needs 6 bytes, 5 left (frame length)",
        required: 6,
        available: 5,
        limit: "frame length",
      },
    ]);
    expect(layersOf(frame(0x0806, new Uint8Array(5)), 0, 19)[1]).toMatchObject({
      protocol: "arp",
      hardwareType: 0,
      hardwareLength: 0,
      fault: "truncated",
      required: 6,
      available: 5,
    });
    expect(layersOf(frame(0x0800, new Uint8Array(20)), 0, 34)[1]).toMatchObject({ protocol: "ipv4", fault: "version" });
    expect(layersOf(frame(0x8100, new Uint8Array(1)), 0, 15)[1]).toMatchObject({
      protocol: "vlan",
      fault: "truncated",
    });
  });

  test("every frame becomes one line of JSON", () => {
    const out = new TextWriter();
    const json = new JsonWriter(out);
    for (const { bytes, length } of textFrames(5, 2000)) {
      out.clear();
      const stamp = { seconds: 1, nanoseconds: 2, originalLength: length, interface: "", flags: 1 };
      const direction = CaptureDirection.Unknown;
      json.write(bytes, 0, bytes.length, { number: 1, ...stamp, direction }, null);
      const line = out.toString();
      expect(line.indexOf("\n")).toBe(line.length - 1);
      const object = JSON.parse(line);
      expect(object).toMatchObject({ number: 1, version: 1, time: 1.000000002, length, checksumNotReady: true });
      expect(Object.keys(object)).not.toContain("direction");
      expect(line).not.toContain("null");
    }
  });
});
