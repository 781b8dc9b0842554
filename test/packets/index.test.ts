import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as packets from "../../packets/index.ts";

describe("packets/index", () => {
  test("makes every module public", () => {
    const files = readdirSync(new URL("../../packets/", import.meta.url)).filter((file) => file.endsWith(".ts"));
    // Parts of others, and what is exported by name instead of as a namespace.
    const inner = ["fault", "frame", "index", "reader", "view", "writer"];
    const isPart = /^(icmp|icmpv6|dhcp|dns)-/;
    const expected = files
      .map((file) => file.replace(".ts", ""))
      .filter((name) => !inner.includes(name) && !isPart.test(name))
      .map((name) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()));
    expect(Object.keys(packets)).toEqual(expect.arrayContaining(expected));
  });

  test("walks a frame from its first byte to its echo, as the README shows", () => {
    const { bytes, ethernet, FrameCursor, EtherType, Fault, ipv4, icmp, ipv4Address } = packets;
    const echo = icmp.build({ kind: "echo-request", code: 0, identifier: 7, sequence: 9, data: Uint8Array.of(1) });
    const [src, dst] = [ipv4Address.parse("192.168.0.1")!, ipv4Address.parse("192.168.0.2")!];
    const fixed = { tos: 0, id: 1, flags: ipv4.Flag.DontFragment, fragmentOffset: 0, ttl: 64 };
    const addressed = { ...fixed, protocol: ipv4.Protocol.Icmp, src, dst, options: new Uint8Array(0) };
    const frame = ethernet.build({
      dst: bytes.fromHex("020000000002"),
      src: bytes.fromHex("020000000001"),
      type: EtherType.Ipv4,
      payload: ipv4.build({ ...addressed, payload: echo }),
    });

    const cursor = new FrameCursor();
    expect(cursor.dissect(frame, 0, frame.length)).toBe(Fault.None);
    const ip = cursor.networkOffset;
    expect(ipv4.check(frame, ip, cursor.networkEnd)).toBe(Fault.None);
    expect(ipv4Address.format(ipv4.src(frame, ip))).toBe("192.168.0.1");
    const at = ipv4.payloadOffset(frame, ip);
    expect(icmp.sequence(frame, at)).toBe(9);
  });
});
