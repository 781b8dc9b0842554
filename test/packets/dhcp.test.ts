import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../packets/bytes.ts";
import * as dhcp from "../../packets/dhcp.ts";
import { Fault } from "../../packets/fault.ts";
import { format } from "../../packets/ipv4-address.ts";
import { bytes, ip, parsed, u8, u16, u32 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";
import { readPcap } from "../support/tcpdump.ts";

/** Messages of udhcpc, dhclient and dnsmasq. */
const SAMPLES = readPcap(readFileSync(new URL("../captures/text/dhcp.pcap", import.meta.url))).map((frame) =>
  Uint8Array.from(frame.bytes.subarray(42)),
);

const option = fc.record({
  code: fc.integer({ min: 1, max: 254 }).filter((code) => code !== dhcp.Option.Overload),
  data: fc.uint8Array({ maxLength: 255 }),
});
const message = fc.record({
  op: u8,
  htype: u8,
  hlen: fc.nat(16),
  hops: u8,
  xid: u32,
  secs: u16,
  flags: u16,
  ciaddr: ip,
  yiaddr: ip,
  siaddr: ip,
  giaddr: ip,
  chaddr: bytes(16),
  sname: bytes(64),
  file: bytes(128),
  options: fc.array(option, { maxLength: 5 }),
});

/** A message whose options field, `file` and `sname` hold these bytes. */
function overloaded(options: string, file: string, sname: string): Uint8Array {
  const buf = new Uint8Array(dhcp.OPTIONS + fromHex(options).length);
  buf.set(fromHex("63825363"), dhcp.VEND);
  buf.set(fromHex(options), dhcp.OPTIONS);
  buf.set(fromHex(file), dhcp.FILE);
  buf.set(fromHex(sname), dhcp.SNAME);
  return buf;
}

function codes(buf: Uint8Array): number[] {
  const cursor = new dhcp.OptionCursor();
  cursor.start(buf, 0, buf.length);
  const list: number[] = [];
  while (cursor.next()) list.push(cursor.code);
  return list;
}

describe("dhcp", () => {
  test("what is built is parsed again, wherever it lies", () => {
    fc.assert(
      fc.property(message, fc.nat(20), fc.nat(9), (value, off, trailer) => {
        const made = dhcp.build(value);
        const buf = Uint8Array.of(...new Uint8Array(off), ...made, ...new Uint8Array(trailer).fill(0xee));
        expect(made.length).toBeGreaterThanOrEqual(dhcp.MIN_LENGTH);
        expect(parsed(dhcp.parse(buf, off))).toEqual(value);
        expect(parsed(dhcp.parse(buf, off, off + made.length))).toEqual(value);
      }),
    );
  });

  test("accessors and layout agree", () => {
    fc.assert(
      fc.property(message, fc.nat(20), (value, off) => {
        const buf = Uint8Array.of(...new Uint8Array(off), ...dhcp.build(value));
        expect(dhcp.check(buf, off, buf.length)).toBe(Fault.None);
        const fields = dhcp.layout.decode(buf, off);
        expect(dhcp.op(buf, off)).toBe(fields.op);
        expect(dhcp.hardwareType(buf, off)).toBe(fields.htype);
        expect(dhcp.hardwareLength(buf, off)).toBe(fields.hlen);
        expect(dhcp.hops(buf, off)).toBe(fields.hops);
        expect(dhcp.transactionId(buf, off)).toBe(fields.xid);
        expect(dhcp.seconds(buf, off)).toBe(fields.secs);
        expect(dhcp.flags(buf, off)).toBe(fields.flags);
        expect(dhcp.clientIp(buf, off)).toBe(fields.ciaddr);
        expect(dhcp.yourIp(buf, off)).toBe(fields.yiaddr);
        expect(dhcp.serverIp(buf, off)).toBe(fields.siaddr);
        expect(dhcp.gatewayIp(buf, off)).toBe(fields.giaddr);
      }),
    );
    expect(dhcp.layout.span).toBe(dhcp.HEADER_LENGTH);
    expect(dhcp.layout.fields.map(({ offset }) => offset)).toEqual([
      ...[dhcp.OP, dhcp.HTYPE, dhcp.HLEN, dhcp.HOPS, dhcp.XID, dhcp.SECS, dhcp.FLAGS],
      ...[dhcp.CIADDR, dhcp.YIADDR, dhcp.SIADDR, dhcp.GIADDR, dhcp.CHADDR, dhcp.SNAME, dhcp.FILE],
    ]);
  });

  test("a lease as udhcpc gets it of dnsmasq", () => {
    const messages = SAMPLES.map((sample) => parsed(dhcp.parse(sample)));
    const types = messages.map((each) => dhcp.messageName(dhcp.findOption(each, dhcp.Option.MessageType)![0]!));
    expect(types.slice(0, 4)).toEqual(["discover", "offer", "request", "ack"]);
    const ack = messages[3]!;
    expect(ack.xid).toBe(messages[2]!.xid);
    expect(format(ack.yiaddr)).toMatch(/^10\.0\.0\.1\d\d$/);
    expect(toHex(dhcp.findOption(ack, dhcp.Option.LeaseTime)!)).toBe("00000e10");
    expect(dhcp.findOption(ack, 250)).toBeUndefined();
    for (const value of messages) expect(parsed(dhcp.parse(dhcp.build(value)))).toEqual(value);
  });

  test("options go on in the fields that Overload names, file first (RFC 2131, 4.1)", () => {
    const [file, sname] = ["0c0161 ff", "0f0162 ff"];
    expect(codes(overloaded("340101 350101 ff", file, sname))).toEqual([52, 53, 12]);
    expect(codes(overloaded("340102 350101 ff", file, sname))).toEqual([52, 53, 15]);
    expect(codes(overloaded("340103 350101 ff", file, sname))).toEqual([52, 53, 12, 15]);
    expect(codes(overloaded("340100 350101 ff", file, sname))).toEqual([52, 53]);
    // Neither empty nor repeated in a field that is overloaded itself.
    expect(codes(overloaded("3400 ff", file, sname))).toEqual([52]);
    expect(codes(overloaded("340101 ff", "340102 ff", sname))).toEqual([52, 52]);
    const value = parsed(dhcp.parse(overloaded("340103 350101 ff", file, sname)));
    expect(value.options.map(({ code }) => code)).toEqual([53, 12, 15]);
    expect([...value.file, ...value.sname].every((byte) => byte === 0)).toBe(true);
  });

  test("pads are passed over, and what follows the end is no option", () => {
    expect(codes(overloaded("0000 350101 00 0c0161 00 ff 0f0162", "", ""))).toEqual([53, 12]);
    expect(codes(overloaded("350101", "", ""))).toEqual([53]);
    expect(codes(overloaded("", "", ""))).toEqual([]);
  });

  test("a value of more than 255 bytes comes in pieces (RFC 3396)", () => {
    const value = parsed(dhcp.parse(overloaded("350101 770201 02 0c0161 770103 ff", "", "")));
    expect(toHex(dhcp.findOption(value, dhcp.Option.DomainSearch)!)).toBe("010203");
  });

  test("says why a message cannot be read", () => {
    const [sample] = SAMPLES;
    for (let end = 0; end < dhcp.OPTIONS; end++) expect(dhcp.parse(sample!, 0, end)).toBe(Fault.Truncated);
    expect(dhcp.parse(overloaded("3501", "", ""))).toBe(Fault.Truncated);
    expect(dhcp.parse(overloaded("35", "", ""))).toBe(Fault.Truncated);
    const bootp = sample!.slice();
    bootp[dhcp.VEND] = 0;
    expect(dhcp.parse(bootp)).toBe(Fault.Version);
    expect(dhcp.check(bootp, 0, bootp.length)).toBe(Fault.None);
    bootp[dhcp.HLEN] = 17;
    expect(dhcp.parse(bootp)).toBe(Fault.Length);
  });

  test("no input makes it read beside the message", () => {
    const accessors = [dhcp.op, dhcp.hardwareType, dhcp.hardwareLength, dhcp.hops, dhcp.transactionId, dhcp.seconds];
    const more = [dhcp.flags, dhcp.clientIp, dhcp.yourIp, dhcp.serverIp, dhcp.gatewayIp];
    const samples = [...SAMPLES, overloaded("340103 ff", "0c0161", "0f0162"), overloaded("340103", "0cff", "0fff")];
    fc.assert(
      fc.property(hostile(samples), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const cursor = new dhcp.OptionCursor();
        cursor.start(view, off, end);
        let count = 0;
        while (cursor.next()) {
          count++;
          expectSound(cursor.code);
          expect(cursor.data).toBeLessThanOrEqual(cursor.dataEnd);
          expect(cursor.dataEnd).toBeLessThanOrEqual(end);
        }
        expect(count).toBeLessThanOrEqual(end - off);
        if (dhcp.check(view, off, end) === Fault.None)
          for (const read of [...accessors, ...more]) expectSound(read(view, off));
        const whole = dhcp.parse(buf, off, end);
        expect(typeof whole === "number").toBe(typeof dhcp.parse(buf.slice(0, end), off) === "number");
      }),
      { numRuns: 1000 },
    );
  });

  test("names", () => {
    expect([1, 5, 6, 13, 0, 14].map(dhcp.messageName)).toEqual([
      "discover",
      "ack",
      "nak",
      "lease-active",
      "message-0",
      "message-14",
    ]);
  });

  test("building refuses what does not fit", () => {
    const good = parsed(dhcp.parse(SAMPLES[0]!));
    const data = new Uint8Array(1);
    expect(() => dhcp.build({ ...good, op: 256 })).toThrow(/dhcp\.op takes/);
    expect(() => dhcp.build({ ...good, sname: data })).toThrow(/dhcp\.sname takes 64 bytes/);
    expect(() => dhcp.build({ ...good, options: [{ code: 255, data }] })).toThrow(/option\.code/);
    expect(() => dhcp.build({ ...good, options: [{ code: 0, data }] })).toThrow(/Pad/);
    expect(() => dhcp.build({ ...good, options: [{ code: 1, data: new Uint8Array(256) }] })).toThrow(/255/);
  });
});
