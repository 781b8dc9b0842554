import { describe, expect, test } from "vitest";
import { icmp, udp } from "../../../packets/index.ts";
import { A, ACK, B, C, FIN, ip, ipFrame, MS, RST, SECOND, SYN, tcpFrame, Wire } from "./explain-support.ts";

describe("fragments", () => {
  const fragment = (start: number, length: number, more: boolean, id = 9) =>
    ipFrame(253, new Uint8Array(length), "10.0.0.1", "10.0.0.2", { id, flags: more ? 1 : 0, fragmentOffset: start });

  test("those that belong together, in whatever order", () => {
    const wire = new Wire();
    wire.see(fragment(1480, 1480, true));
    const other = wire.see(fragment(0, 1480, true, 10));
    expect(other.refersTo).toEqual([]);
    expect(wire.see(fragment(2960, 40, false)).text).toContain("bytes 2960 to 2999, the last one. It belongs with #1.");
    const whole = wire.see(fragment(0, 1480, true));
    expect(whole.text).toContain("The first fragment of its datagram: more follow.");
    expect(whole.text).toContain("With it the datagram is whole: #1, #3 and #4 make its 3000 bytes.");
    expect(whole.refersTo).toEqual([1, 3]);
  });

  test("overlaps, repetitions, lengths that cannot be", () => {
    const wire = new Wire();
    wire.see(fragment(0, 80, true));
    expect(wire.see(fragment(0, 80, true)).text).toContain("It repeats #1.");
    expect(wire.see(fragment(72, 80, true)).findings).toMatchObject([{ code: "fragment-overlap", refersTo: [1] }]);
    expect(wire.codes(fragment(160, 81, true))).toEqual(["bad-fragment"]);
    expect(wire.codes(fragment(65_528, 80, false))).toEqual(["bad-fragment"]);
  });
});

describe("ICMP errors point at the frame that caused them", () => {
  test("UDP to a closed port", () => {
    const wire = new Wire();
    const datagram = udp.build(
      { srcPort: 5, dstPort: 4000, payload: new Uint8Array(20) },
      ip("10.0.0.1"),
      ip("10.0.0.2"),
    );
    const cause = ipFrame(17, datagram, "10.0.0.1", "10.0.0.2", { id: 77 });
    wire.see(ipFrame(17, datagram, "10.0.0.1", "10.0.0.2", { id: 76 }));
    wire.see(cause);
    const quoted = cause.slice(14, 14 + 28);
    // The checksum may have been filled in after the capture.
    quoted[26] = quoted[26]! ^ 0xff;
    const message = icmp.build({ kind: "unreachable", code: 3, nextHopMtu: 0, quotedLength: 0, quoted });
    const found = wire.see(ipFrame(1, message, "10.0.0.2", "10.0.0.1"));
    expect(found.findings).toMatchObject([{ code: "icmp-error", refersTo: [2] }]);
    expect(found.text).toContain("nobody listens at port 4000 of 10.0.0.2. It is about #2, UDP from 10.0.0.1");
  });

  test("the second fragment of a datagram", () => {
    const wire = new Wire();
    const payload = new Uint8Array(80);
    wire.see(ipFrame(253, payload, "10.0.0.1", "10.0.0.2", { flags: 1 }));
    const second = ipFrame(253, payload, "10.0.0.1", "10.0.0.2", { flags: 0, fragmentOffset: 80 });
    wire.see(second);
    const quoted = second.slice(14, 14 + 28);
    const message = icmp.build({ kind: "time-exceeded", code: 0, quotedLength: 0, quoted });
    expect(wire.see(ipFrame(1, message, "10.0.0.2", "10.0.0.1")).refersTo).toEqual([2]);
  });
});

describe("the IPv4 header", () => {
  const data = new Uint8Array(30);

  test("the time to live tells of routers, once for each sender", () => {
    const wire = new Wire();
    const from = (ttl: number) => ipFrame(253, data, "192.0.2.1", "10.0.0.2", { ttl });
    expect(wire.see(from(57)).text).toContain("Its time to live is 57: it has probably passed 7 routers");
    expect(wire.see(from(57)).text).not.toContain("time to live");
    expect(wire.see(ipFrame(253, data)).text).not.toContain("time to live");
    expect(wire.see(ipFrame(253, data, "10.0.0.1", "10.0.0.2", { ttl: 1 })).text).toContain("traceroute");
    expect(wire.codes(ipFrame(253, data, "10.0.0.1", "10.0.0.2", { ttl: 0 }))).toEqual(["ttl-zero"]);
  });

  test("a packet that a router sends back onto the wire", () => {
    const wire = new Wire();
    wire.see(ipFrame(253, data, "10.0.0.1", "10.9.9.9", { id: 5 }, { dst: B, src: A }));
    const back = wire.see(ipFrame(253, data, "10.0.0.1", "10.9.9.9", { id: 5, ttl: 63 }, { dst: C, src: B }));
    expect(back.findings).toMatchObject([{ code: "routing-loop", refersTo: [1] }]);
    expect(back.text).toContain("It is #1 once more, 1 router later (time to live 64, now 63).");
  });

  test("sources that nobody has; groups whose MAC is another's", () => {
    const wire = new Wire();
    expect(wire.codes(ipFrame(253, data, "224.0.0.5"))).toEqual(["bad-source"]);
    expect(wire.codes(ipFrame(253, data, "127.0.0.1"))).toEqual(["bad-source"]);
    const group = (last: number) => ({ src: A, dst: Uint8Array.of(1, 0, 0x5e, 0, 0, last) });
    expect(wire.codes(ipFrame(253, data, "10.0.0.1", "224.0.0.5", {}, group(5)))).toEqual([]);
    expect(wire.codes(ipFrame(253, data, "10.0.0.1", "224.0.0.5", {}, group(6)))).toEqual(["group-mac-mismatch"]);
    expect(wire.codes(ipFrame(253, data, "10.0.0.1", "10.0.0.2", {}, group(6)))).toEqual(["group-mac-mismatch"]);
    expect(wire.codes(ipFrame(253, data, "10.0.0.1", "10.0.0.255", {}, group(6)))).toEqual([]);
  });
});

test("UDP that goes back the same way seems to answer", () => {
  const wire = new Wire();
  const datagram = (src: string, dst: string, srcPort: number, dstPort: number) =>
    ipFrame(17, udp.build({ srcPort, dstPort, payload: new Uint8Array(4) }, ip(src), ip(dst)), src, dst);
  wire.see(datagram("10.0.0.1", "10.0.0.2", 4000, 7));
  const back = wire.see(datagram("10.0.0.2", "10.0.0.1", 7, 4000), MS);
  expect(back.text).toBe(
    "10.0.0.2 port 7 sends 4 bytes to 10.0.0.1 port 4000 by UDP. It seems to answer #1, after 1.00 ms.",
  );
  expect(wire.see(datagram("10.0.0.2", "10.0.0.1", 7, 4000), MS).refersTo).toEqual([]);
});

describe("TCP", () => {
  /** A wire after the handshake: frames 1 to 3; both sides' next sequence number is 101 and 501. */
  function connected(): Wire {
    const wire = new Wire();
    wire.see(tcpFrame(SYN, 100, 0));
    wire.see(tcpFrame(SYN | ACK, 500, 101, 0, true), MS);
    wire.see(tcpFrame(ACK, 101, 501), MS);
    return wire;
  }

  test("from handshake to close, each frame tied to the one that it answers", () => {
    const wire = new Wire();
    expect(wire.see(tcpFrame(SYN, 100, 0)).text).toBe(
      "10.0.0.1 port 40000 asks for a connection to 10.0.0.2 port 80 by TCP.",
    );
    const accepted = wire.see(tcpFrame(SYN | ACK, 500, 101, 0, true), MS);
    expect(accepted.text).toBe(
      "10.0.0.2 port 80 accepts the connection of 10.0.0.1 port 40000 that #1 asks for, after 1.00 ms.",
    );
    const third = wire.see(tcpFrame(ACK, 101, 501), MS);
    expect(third).toMatchObject({ refersTo: [1, 2], text: expect.stringContaining("The third step after #1 and #2") });
    expect(wire.see(tcpFrame(ACK, 101, 501, 50)).text).toBe(
      "10.0.0.1 port 40000 sends 50 bytes to 10.0.0.2 port 80 by TCP.",
    );
    expect(wire.see(tcpFrame(ACK, 501, 151, 0, true), MS)).toEqual({
      kind: "tcp",
      text: "10.0.0.2 port 80 acknowledges #4 of 10.0.0.1 port 40000, after 1.00 ms.",
      refersTo: [4],
    });
    expect(wire.see(tcpFrame(FIN | ACK, 151, 501)).text).toContain("has nothing more to send");
    const last = wire.see(tcpFrame(FIN | ACK, 501, 152, 0, true));
    expect(last.text).toContain("has nothing more to send either, as 10.0.0.1 port 40000 in #6");
    expect(wire.facts.filter((fact) => fact.type === "tcp").map((fact) => fact.event)).toContain("closed");
  });

  test("a SYN asked again, and refused", () => {
    const wire = new Wire();
    wire.see(tcpFrame(SYN, 100, 0));
    const again = wire.see(tcpFrame(SYN, 100, 0), SECOND);
    expect(again.findings).toMatchObject([{ code: "tcp-resent", refersTo: [1] }]);
    const refused = wire.see(tcpFrame(RST | ACK, 0, 101, 0, true), MS);
    expect(refused.findings).toMatchObject([{ code: "tcp-refused", refersTo: [1] }]);
    expect(refused.text).toContain("refuses the connection that #1 asks for, after 1.00 ms: nobody listens there.");
    // The same ports again: a new connection.
    expect(wire.codes(tcpFrame(SYN, 9000, 0), SECOND)).toEqual([]);
  });

  test("data sent again, out of order, and the acknowledgements that wait for them", () => {
    const wire = connected();
    wire.see(tcpFrame(ACK, 101, 501, 10));
    const gap = wire.see(tcpFrame(ACK, 121, 501, 10));
    expect(gap.findings).toMatchObject([
      { code: "tcp-disordered", text: expect.stringContaining("10 bytes before it") },
    ]);
    wire.see(tcpFrame(ACK, 501, 111, 0, true));
    const codes = [1, 2, 3].map(() => wire.codes(tcpFrame(ACK, 501, 111, 0, true)));
    expect(codes).toEqual([[], [], ["tcp-duplicate-ack"]]);
    const fills = wire.see(tcpFrame(ACK, 111, 501, 10));
    expect(fills.findings).toMatchObject([{ code: "tcp-disordered", refersTo: [5] }]);
    wire.see(tcpFrame(ACK, 501, 131, 0, true));
    const again = wire.see(tcpFrame(ACK, 121, 501, 10));
    expect(again.findings).toMatchObject([{ code: "tcp-resent", refersTo: [5] }]);
    expect(again.text).toContain("It sends data again, as #5 did, although that was acknowledged.");
  });

  test("sequence numbers pass 2^32", () => {
    const wire = new Wire();
    wire.see(tcpFrame(SYN, 0xffff_fff0, 0));
    wire.see(tcpFrame(SYN | ACK, 0x7fff_ffff, 0xffff_fff1, 0, true));
    wire.see(tcpFrame(ACK, 0xffff_fff1, 0x8000_0000));
    expect(wire.codes(tcpFrame(ACK, 0xffff_fff1, 0x8000_0000, 40))).toEqual([]);
    expect(wire.see(tcpFrame(ACK, 0x8000_0000, 25, 0, true)).refersTo).toEqual([4]);
    expect(wire.codes(tcpFrame(ACK, 25, 0x8000_0000, 40))).toEqual([]);
  });

  test("broken off, closed window, keep-alive, checksums", () => {
    const wire = connected();
    expect(wire.codes(tcpFrame(ACK, 501, 101, 0, true, 0))).toEqual(["tcp-window-closed"]);
    expect(wire.see(tcpFrame(ACK, 100, 501)).text).toContain("whether the connection is still alive");
    const wrong = tcpFrame(ACK, 101, 501, 10);
    wrong[wrong.length - 1] = 1;
    expect(wire.codes(wrong)).toEqual(["bad-checksum"]);
    expect(wire.codes(tcpFrame(RST, 111, 0))).toEqual(["tcp-reset"]);
    const cut = tcpFrame(SYN, 1, 0).slice(0, 50);
    expect(wire.see(cut, 0, 0, 54)).toMatchObject({ kind: "malformed" });
    expect(wire.codes(cut)).toContain("malformed");
  });
});
