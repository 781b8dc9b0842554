import { expect, test } from "vitest";
import { MessageWriter } from "../../src/linux/netlink-message.ts";

const hex = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString("hex")
    .replace(/(.{8})(?=.)/g, "$1 ");

test("a link with attributes in attributes: lengths cover what is inside, values begin at multiples of four", () => {
  const writer = new MessageWriter(256);
  writer.begin(16, 0x600);
  writer.link(7, 1);
  writer.text(3, "ve0");
  writer.nest(18, () => {
    writer.text(1, "veth");
    writer.nest(2, () => writer.word(28, 11));
  });
  writer.finish();
  expect(hex(writer.written)).toBe(
    // length 68, RTM_NEWLINK, REQUEST|ACK|EXCL|CREATE; sequence number, port
    "44000000 10000506 00000000 00000000 " +
      // family and type, index, flags, change
      "00000000 07000000 01000000 01000000 " +
      // IFLA_IFNAME; IFLA_LINKINFO of 28 bytes: IFLA_INFO_KIND of 9, IFLA_INFO_DATA of 12: a word
      "08000300 76653000 1c001200 09000100 76657468 00000000 0c000200 08001c00 0b000000",
  );
});

test("an address in the network's byte order, behind another message", () => {
  const writer = new MessageWriter(256);
  writer.begin(16, 0);
  writer.link(1, 0);
  writer.finish();
  const before = writer.written.length;
  writer.begin(20, 0);
  writer.address(2, 24, 5);
  writer.word(2, (10 << 24) | 1, false);
  writer.finish();
  expect(hex(writer.written.subarray(before))).toBe(
    "20000000 14000500 00000000 00000000 02180000 05000000 08000200 0a000001",
  );
});

test("room is told, kept, and given back; what was there before is not sent again", () => {
  const writer = new MessageWriter(40);
  writer.begin(16, 0);
  writer.link(-1, -1);
  expect(writer.room).toBe(8);
  expect(() => writer.address(2, 24, 5)).not.toThrow();
  expect(() => writer.word(1, 1)).toThrow(RangeError);
  writer.clear();
  expect(writer.room).toBe(40);
  writer.begin(20, 0);
  writer.address(0, 0, 0);
  writer.finish();
  expect(hex(writer.written)).toBe("18000000 14000500 00000000 00000000 00000000 00000000");
});
