import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ethernet, icmp, mac, udp, vlan } from "../../../packets/index.ts";
import { Explainer } from "../../../src/tools/sniff/explain.ts";
import { textFrames } from "../../support/text-frames.ts";
import { A, answer, arpFrame, ask, B, C, echo, ip, ipFrame, MS, SYN, tcpFrame, Wire } from "./explain-support.ts";

describe("ARP", () => {
  test("a question and its answer", () => {
    const wire = new Wire();
    expect(wire.see(ask())).toEqual({
      kind: "arp-request",
      text: "10.0.0.1 at 02:00:00:00:00:01 asks everybody: who has 10.0.0.2?",
      refersTo: [],
    });
    expect(wire.see(answer(), 23_000)).toEqual({
      kind: "arp-reply",
      text: "Answers #1 after 0.02 ms: 10.0.0.2 is at 02:00:00:00:00:02.",
      refersTo: [1],
    });
  });

  test("a question asked again is told from a new one", () => {
    const wire = new Wire();
    wire.see(ask());
    wire.see(ask("10.0.0.3"), 500 * MS);
    expect(wire.see(ask(), 500 * MS)).toEqual({
      kind: "arp-request",
      text: "10.0.0.1 asks again after 1.0 s, the second time: who has 10.0.0.2? So far nobody answered #1.",
      refersTo: [1],
    });
    expect(wire.see(ask(), 1000 * MS).text).toContain("asks again after 1.0 s, the third time");
    expect(wire.see(answer(), MS).text).toBe(
      "Answers #1, asked 3 times, after 1.00 ms: 10.0.0.2 is at 02:00:00:00:00:02.",
    );
    expect(wire.see(ask(), MS).text).toContain("asks everybody");
  });

  test("an answer that nobody asked for, and one that comes twice", () => {
    const wire = new Wire();
    expect(wire.see(answer()).text).toBe(
      "10.0.0.2 is at 02:00:00:00:00:02, says a reply to a request that was not seen here.",
    );
    wire.see(ask());
    wire.see(answer());
    expect(wire.see(answer()).text).toContain("answers #2 once more, as #3 did");
  });

  test("two stations with one address", () => {
    const wire = new Wire();
    wire.see(ask());
    wire.see(answer(B));
    const second = wire.see(answer(C));
    expect(second.text).toBe(
      "10.0.0.2 is at 02:00:00:00:00:03: a second station answers #1. Conflict: by #2, 10.0.0.2 is at 02:00:00:00:00:02.",
    );
    expect(second.refersTo).toEqual([1, 2]);
  });

  test("one address in two VLANs is no conflict", () => {
    const wire = new Wire();
    const tagged = (id: number, frame: Uint8Array) => {
      const buf = new Uint8Array(frame.length + 4);
      buf.set(frame);
      vlan.insert(buf, 0, frame.length, 0x8100, id);
      return buf;
    };
    wire.see(tagged(10, answer(B)));
    const other = wire.see(tagged(20, answer(C)));
    expect(other.text).toMatch(/^In VLAN 20: 10\.0\.0\.2 is at /);
    expect(other.text).not.toContain("Conflict");
    expect(wire.see(tagged(10, answer(C))).text).toContain("Conflict: by #1");
  });

  test("probe, announcement, gratuitous reply (RFC 5227)", () => {
    const wire = new Wire();
    const probe = arpFrame(1, A, "0.0.0.0", mac.BROADCAST, "10.0.0.2");
    expect(wire.see(probe)).toMatchObject({
      kind: "arp-probe",
      text: expect.stringContaining("whether anybody uses 10.0.0.2"),
    });
    expect(wire.see(probe, 1000 * MS).text).toContain("again after 1.0 s, the second time: nobody has objected to #1");
    const taken = arpFrame(2, B, "10.0.0.2", A, "0.0.0.0", A);
    expect(wire.see(taken, MS).text).toBe(
      "Answers the probe #1 after 1.00 ms: 10.0.0.2 is taken, by 02:00:00:00:00:02.",
    );
    expect(wire.see(arpFrame(1, A, "10.0.0.1", mac.BROADCAST, "10.0.0.1"))).toMatchObject({
      kind: "arp-announcement",
      text: "02:00:00:00:00:01 announces to everybody that 10.0.0.1 is its own.",
    });
    expect(wire.see(arpFrame(2, A, "10.0.0.1", mac.BROADCAST, "10.0.0.1")).kind).toBe("arp-gratuitous-reply");
  });

  test("a request to one station; a sender that is not the frame's", () => {
    const wire = new Wire();
    expect(wire.see(arpFrame(1, A, "10.0.0.1", B, "10.0.0.2")).text).toBe(
      "10.0.0.1 asks 02:00:00:00:00:02 alone, to check what it knows: do you still have 10.0.0.2?",
    );
    const forged = answer(B);
    forged.set(C, 6);
    expect(wire.see(forged).text).toContain("The frame itself comes from 02:00:00:00:00:03: a proxy, or a forgery.");
  });

  test("reverse ARP and unknown operations", () => {
    const wire = new Wire();
    expect(wire.see(arpFrame(3, A, "0.0.0.0", mac.BROADCAST, "0.0.0.0", A)).text).toContain("(RARP)");
    expect(wire.see(arpFrame(4, B, "10.0.0.2", A, "10.0.0.1", A)).text).toContain("02:00:00:00:00:01 has 10.0.0.1");
    expect(wire.see(arpFrame(24, A, "10.0.0.1", B, "10.0.0.2")).text).toContain("operation-24");
  });
});

describe("echo", () => {
  test("a request, its reply, and the reply once more", () => {
    const wire = new Wire();
    expect(wire.see(echo("echo-request", 1)).text).toBe(
      "10.0.0.1 pings 10.0.0.2: echo request 1 with 56 bytes of data.",
    );
    expect(wire.see(echo("echo-reply", 1), 30_000)).toEqual({
      kind: "echo-reply",
      text: "10.0.0.2 answers #1 after 0.03 ms, and returns the 56 bytes of data.",
      refersTo: [1],
    });
    expect(wire.see(echo("echo-reply", 1)).text).toBe("10.0.0.2 answers #1 for the second time: a duplicate.");
    expect(wire.see(echo("echo-reply", 9)).text).toContain("to a request that was not seen here");
  });

  test("a request that repeats itself; data that change or shrink", () => {
    const wire = new Wire();
    wire.see(echo("echo-request", 1));
    expect(wire.see(echo("echo-request", 1), 2000 * MS)).toMatchObject({
      text: "10.0.0.1 pings 10.0.0.2: echo request 1 again, 2.0 s after #1, which got no reply.",
      refersTo: [1],
    });
    wire.see(echo("echo-request", 2));
    expect(wire.see(echo("echo-reply", 2, new Uint8Array(56).fill(1))).text).toContain(
      "the data have changed on the way",
    );
    wire.see(echo("echo-request", 3));
    expect(wire.see(echo("echo-reply", 3, new Uint8Array(40))).text).toContain("40 bytes of data instead of 56");
  });
});

describe("ICMP errors say what they are about", () => {
  const quote = (frame: Uint8Array, length = 28) => frame.slice(14, 14 + length);
  const error = (message: icmp.IcmpMessage) => ipFrame(1, icmp.build(message), "10.0.0.254", "10.0.0.1");

  test("an echo request that was seen", () => {
    const wire = new Wire();
    const request = echo("echo-request", 5);
    wire.see(request);
    const found = wire.see(error({ kind: "time-exceeded", code: 0, quotedLength: 0, quoted: quote(request) }));
    expect(found).toMatchObject({
      kind: "icmp-error",
      text:
        "10.0.0.254 tells 10.0.0.1: the packet's time to live ran out before it arrived. " +
        "It is about #1, the echo request to 10.0.0.2.",
      refersTo: [1],
    });
  });

  test.each([
    [0, "there is no way to the network of 10.0.0.2"],
    [1, "10.0.0.2 cannot be reached"],
    [2, "10.0.0.2 does not know protocol 17"],
    [3, "nobody listens at port 4000 of 10.0.0.2"],
    [4, "too long for the next link of at most 1400 bytes"],
    [13, "10.0.0.2 is unreachable: communication prohibited"],
    [77, "10.0.0.2 is unreachable: code-77"],
  ])("unreachable, code %i", (code, text) => {
    const payload = udp.build(
      { srcPort: 1, dstPort: 4000, payload: new Uint8Array(0) },
      ip("10.0.0.1"),
      ip("10.0.0.2"),
    );
    const quoted = quote(ipFrame(17, payload));
    const found = new Wire().see(error({ kind: "unreachable", code, nextHopMtu: 1400, quotedLength: 0, quoted }));
    expect(found.text).toContain(text);
    expect(found.text).toContain("It is about UDP from 10.0.0.1 to 10.0.0.2 port 4000.");
  });

  test("redirect, parameter problem, and a quoted packet that is cut", () => {
    const quoted = quote(echo("echo-request", 1));
    const wire = new Wire();
    expect(wire.see(error({ kind: "redirect", code: 1, gateway: ip("10.0.0.9"), quoted })).text).toContain(
      "the better way to 10.0.0.2 is by 10.0.0.9",
    );
    const problem = { kind: "parameter-problem", code: 0, pointer: 20, quotedLength: 0, quoted } as const;
    expect(wire.see(error(problem)).text).toContain("byte 20 of the header makes no sense");
    expect(wire.see(error({ kind: "source-quench", code: 0, quoted: quoted.slice(0, 12) })).text).toContain(
      "the quoted packet is cut",
    );
  });
});

describe("the rest", () => {
  test("fragments, UDP, TCP, other protocols, other frames", () => {
    const wire = new Wire();
    const fragment = ipFrame(1, new Uint8Array(104), "10.0.0.1", "10.0.0.2", { fragmentOffset: 1480, flags: 1 });
    expect(wire.see(fragment).text).toBe(
      "A fragment of datagram 1 from 10.0.0.1 to 10.0.0.2: bytes 1480 to 1583, more follow.",
    );
    expect(wire.see(tcpFrame(SYN, 1, 0)).text).toContain("asks for a connection to 10.0.0.2 port 80 by TCP.");
    expect(wire.see(ipFrame(253, new Uint8Array(20))).text).toContain("20 bytes to 10.0.0.2 by IPv4 (protocol-253)");
    const other = (type: number) => ethernet.build({ dst: B, src: A, type, payload: new Uint8Array(46) });
    expect(wire.see(other(0x88b5)).text).toContain("Experimental 1");
    expect(wire.see(other(46)).kind).toBe("llc");
    expect(wire.see(new Uint8Array(5)).kind).toBe("malformed");
  });

  test("wrong and unfinished checksums, cut captures", () => {
    const wire = new Wire();
    const request = echo("echo-request", 1);
    request[36] = request[36]! ^ 0xff;
    expect(wire.see(request).text).toContain("Its ICMP checksum is wrong");
    const header = echo("echo-request", 2);
    header[22] = 63;
    expect(wire.see(header).text).toContain("Its IPv4 header checksum is wrong");
    const payload = udp.build({ srcPort: 1, dstPort: 2, payload: new Uint8Array(3) }, 1, 2);
    expect(wire.see(ipFrame(17, payload), 0, 1).text).toContain("Its checksum is not finished");
    expect(wire.see(ask(), 0, 0, 60).text).toMatch(/Only 42 of 60 bytes were captured\.$/);
  });

  test("numbers go on from where they are told", () => {
    const explainer = new Explainer({ firstNumber: 100 });
    const see = (frame: Uint8Array, number?: number) =>
      explainer.explain(frame, 0, frame.length, frame.length, 0, number);
    see(ask());
    expect(see(answer()).refersTo).toEqual([100]);
    see(echo("echo-request", 1), 500);
    expect(see(echo("echo-reply", 1)).refersTo).toEqual([500]);
  });

  test("memory is bounded: the oldest question is forgotten", () => {
    const explainer = new Explainer({ memory: 10 });
    const see = (frame: Uint8Array) => explainer.explain(frame, 0, frame.length, frame.length, 0);
    see(ask());
    for (let i = 10; i < 30; i++) see(ask(`10.0.0.${i}`));
    expect(see(answer()).text).toContain("was not seen here");
    expect(see(ask("10.0.0.29")).refersTo).toEqual([20 + 1]);
  });

  test("whatever comes, it is one line that ends in a full stop or a question mark, and nothing throws", () => {
    const explainer = new Explainer({ memory: 50 });
    for (const { bytes, length } of textFrames(3, 4000)) {
      const { text } = explainer.explain(bytes, 0, bytes.length, length, 0);
      expect(text).toMatch(/^[^\n]+[.?]$/);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0x0800, 0x0806, 0x8100, 0x86dd), (rest, type) => {
        const bytes = Uint8Array.from([...new Uint8Array(12), type >> 8, type & 255, ...rest]);
        expect(explainer.explain(bytes, 0, bytes.length, bytes.length, 0).text).toMatch(/^[^\n]+[.?]$/);
      }),
      { numRuns: 1000 },
    );
  });
});
