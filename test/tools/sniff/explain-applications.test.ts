import { describe, expect, test } from "vitest";
import { dhcp, dns, mac, udp } from "../../../packets/index.ts";
import { A, B, C, ip, ipFrame, MS, SECOND, Wire } from "./explain-support.ts";

function udpFrame(
  src: string,
  dst: string,
  srcPort: number,
  dstPort: number,
  payload: Uint8Array,
  from: Uint8Array = A,
  to: Uint8Array = B,
) {
  const datagram = udp.build({ srcPort, dstPort, payload }, ip(src), ip(dst));
  return ipFrame(17, datagram, src, dst, {}, { src: from, dst: to });
}

describe("DHCP", () => {
  const { MessageType, Option } = dhcp;
  const bytes = (address: string) => Uint8Array.from(address.split(".").map(Number));
  const option = (code: number, data: Uint8Array) => ({ code, data });

  function message(type: number, more: Partial<dhcp.DhcpMessage> = {}): Uint8Array {
    const chaddr = new Uint8Array(16);
    chaddr.set(A);
    const op = [MessageType.Offer, MessageType.Ack, MessageType.Nak].includes(type as 2) ? 2 : 1;
    const fixed = {
      op,
      htype: 1,
      hlen: 6,
      hops: 0,
      xid: 77,
      secs: 0,
      flags: 0,
      ciaddr: 0,
      yiaddr: 0,
      siaddr: 0,
      giaddr: 0,
    };
    const { options = [], ...rest } = more;
    const all = [option(Option.MessageType, Uint8Array.of(type)), ...options];
    return dhcp.build({
      ...fixed,
      chaddr,
      sname: new Uint8Array(64),
      file: new Uint8Array(128),
      ...rest,
      options: all,
    });
  }

  const ask = (payload: Uint8Array) => udpFrame("0.0.0.0", "255.255.255.255", 68, 67, payload, A, mac.BROADCAST);
  const tell = (payload: Uint8Array, who = B, src = "10.0.0.254") =>
    udpFrame(src, "255.255.255.255", 67, 68, payload, who, mac.BROADCAST);
  const server = (address = "10.0.0.254") => option(Option.ServerId, bytes(address));
  const lease = option(Option.LeaseTime, Uint8Array.of(0, 0, 0x0e, 0x10));
  const requested = option(Option.RequestedAddress, bytes("10.0.0.5"));
  const discover = () =>
    ask(message(MessageType.Discover, { options: [option(Option.HostName, new TextEncoder().encode("pc1"))] }));
  const offer = (who = B, id = "10.0.0.254") =>
    tell(message(MessageType.Offer, { yiaddr: ip("10.0.0.5"), options: [server(id), lease] }), who, id);
  const request = () => ask(message(MessageType.Request, { options: [requested, server()] }));

  test("discover, offer, request, acknowledgement", () => {
    const wire = new Wire();
    expect(wire.see(discover())).toMatchObject({
      kind: "dhcp",
      text: '02:00:00:00:00:01, called "pc1", has no address, and asks everybody for a DHCP server (RFC 2131, 3.1).',
    });
    expect(wire.see(offer(), 3 * MS)).toMatchObject({
      text: "The DHCP server 10.0.0.254 offers 02:00:00:00:00:01 the address 10.0.0.5 for 3600 s: answers #1 after 3.00 ms.",
      refersTo: [1],
    });
    expect(wire.see(request(), MS)).toMatchObject({
      text: "02:00:00:00:00:01 takes the offer #2: it asks for 10.0.0.5, and tells other servers so.",
      refersTo: [2],
    });
    const ack = tell(message(MessageType.Ack, { yiaddr: ip("10.0.0.5"), options: [server(), lease] }));
    expect(wire.see(ack, 2 * MS)).toMatchObject({
      text: "The DHCP server 10.0.0.254 lends 02:00:00:00:00:01 the address 10.0.0.5 for 3600 s: answers #3 after 2.00 ms.",
      refersTo: [3],
    });
    expect(wire.facts.find(({ type }) => type === "lease")).toMatchObject({ ip: "10.0.0.5", seconds: 3600, number: 4 });
    expect(wire.facts.filter(({ type }) => type === "answered")).toMatchObject([
      { to: "an offer", question: 1, delay: 3 * MS },
      { to: "an address", question: 3, answer: "10.0.0.5" },
    ]);
  });

  test("repeated, refused, declined, offered by two, renewed, given back", () => {
    const wire = new Wire();
    wire.see(discover());
    expect(wire.see(discover(), 4 * SECOND)).toMatchObject({
      refersTo: [1],
      text: expect.stringContaining("looks for a DHCP server again, 4.0 s after #1"),
    });
    wire.see(offer());
    expect(wire.see(offer(C, "10.0.0.253")).findings).toMatchObject([{ code: "dhcp-two-servers", refersTo: [3] }]);
    wire.see(request());
    const nak = message(MessageType.Nak, {
      options: [server(), option(Option.Message, new TextEncoder().encode("wrong\x1bnet"))],
    });
    const refused = wire.see(tell(nak));
    expect(refused.findings).toMatchObject([{ code: "dhcp-refused", refersTo: [5] }]);
    expect(refused.text).toContain('saying "wrong?net"');
    expect(wire.codes(ask(message(MessageType.Decline, { options: [requested] })))).toEqual(["dhcp-declined"]);
    const renew = wire.see(ask(message(MessageType.Request, { xid: 78, ciaddr: ip("10.0.0.5") })));
    expect(renew.text).toContain("asks whether it may keep its address 10.0.0.5");
    expect(wire.see(ask(message(MessageType.Release, { ciaddr: ip("10.0.0.5") }))).text).toContain(
      "gives 10.0.0.5 back",
    );
  });

  test("what only looks like DHCP is UDP", () => {
    expect(new Wire().see(udpFrame("10.0.0.1", "10.0.0.2", 68, 67, new Uint8Array(20))).kind).toBe("udp");
  });
});

describe("DNS", () => {
  const question = { name: "www.example.com", type: dns.RecordType.A, recordClass: 1 };
  const query = (id = 5): dns.DnsMessage => ({
    id,
    flags: 0x0100,
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
  });
  const ask = (message: dns.DnsMessage) => udpFrame("10.0.0.1", "10.0.0.53", 4000, 53, dns.build(message));
  const tell = (message: dns.DnsMessage) => udpFrame("10.0.0.53", "10.0.0.1", 53, 4000, dns.build(message, true), B, A);
  const record = (data: Uint8Array, type: number = dns.RecordType.A) => ({ ...question, type, ttl: 60, data });

  test("a query and its answer", () => {
    const wire = new Wire();
    expect(wire.see(ask(query())).text).toBe(
      "10.0.0.1 asks the name server 10.0.0.53 for the IPv4 address of www.example.com.",
    );
    const answers = [record(Uint8Array.of(93, 184, 216, 34)), record(Uint8Array.of(93, 184, 216, 35))];
    expect(wire.see(tell({ ...query(), flags: 0x8180, answers }), 12 * MS)).toMatchObject({
      kind: "dns",
      text:
        "The name server 10.0.0.53 answers #1 after 12 ms: www.example.com has 93.184.216.34 " +
        "and www.example.com has 93.184.216.35.",
      refersTo: [1],
    });
    expect(wire.facts.find(({ type }) => type === "answered")).toMatchObject({
      what: "dns",
      question: 1,
      delay: 12 * MS,
    });
  });

  test("asked again, no such name, nothing known, no question seen", () => {
    const wire = new Wire();
    wire.see(ask(query()));
    expect(wire.see(ask(query()), 5 * SECOND)).toMatchObject({
      refersTo: [1],
      text: expect.stringContaining("again, 5.0 s later"),
    });
    const found = wire.see(tell({ ...query(), flags: 0x8183 }));
    expect(found.findings).toMatchObject([{ code: "dns-error", refersTo: [1] }]);
    expect(found.text).toContain("there is no such name (NXDOMAIN)");
    wire.see(ask(query(6)));
    expect(wire.see(tell({ ...query(6), flags: 0x8180 })).text).toContain("has no record of the type A");
    expect(wire.see(tell({ ...query(7), flags: 0x8180 })).refersTo).toEqual([]);
  });

  test("Multicast DNS", () => {
    const wire = new Wire();
    const group = Uint8Array.of(1, 0, 0x5e, 0, 0, 0xfb);
    const frame = (message: dns.DnsMessage) =>
      udpFrame("10.0.0.1", "224.0.0.251", 5353, 5353, dns.build(message), A, group);
    expect(wire.see(frame({ ...query(0), questions: [{ ...question, name: "pc.local" }] })).text).toContain(
      "asks everybody on this link for the IPv4 address of pc.local (Multicast DNS, RFC 6762).",
    );
    const answers = [{ ...record(Uint8Array.of(10, 0, 0, 1)), name: "pc.local" }];
    expect(wire.see(frame({ ...query(0), flags: 0x8400, questions: [], answers })).text).toContain(
      "tells everybody on this link: pc.local has 10.0.0.1",
    );
  });

  test("every cut and every change of a byte still gives one line", () => {
    const wire = new Wire();
    const answers = [record(Uint8Array.of(93, 184, 216, 34)), record(Uint8Array.of(192, 12), dns.RecordType.Cname)];
    const whole = tell({ ...query(), flags: 0x8180, answers });
    for (let length = 0; length <= whole.length; length++) {
      expect(wire.see(whole.slice(0, length), 0, 0, whole.length).text).toMatch(/^[^\n]+[.?]$/);
    }
    for (let at = 14; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at] = changed[at]! ^ 0xff;
      expect(wire.see(changed).text).toMatch(/^[^\n]+[.?]$/);
    }
  });
});
