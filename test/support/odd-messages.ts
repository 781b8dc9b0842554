/** Messages of protocols that vethlab prints and does not build: ICMPv6's rarer ones, Mobile IPv6, IGMP's guests. */
import { igmp } from "../../packets/index.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Node information queries and replies (RFC 4620): all questions, subjects and names. */
export function informationSamples(): Uint8Array[] {
  const data = [
    "",
    "20010db8000000000000000000000001",
    "0461626364",
    "03616263026465 0000",
    "0361626300",
    "0361626302646500",
    "0a000001",
    "09616263 0000",
    "0000000503616263026465 0000",
    "000000050761626364656667",
    "0000000720010db800000000000000000000000100000007fe800000000000000000000000000001",
    "000000070041ff7f",
  ];
  const list = [hex("8b0000000000000001020304")];
  for (const type of [139, 140])
    for (let question = 0; question < 5; question++)
      for (const [i, text] of data.entries()) {
        const head = Uint8Array.of(type, i % 4, 0, 0, 0, question, 0, i % 3 === 0 ? 0x7f : 0);
        list.push(join(head, hex("4e4f4e4345313233"), hex(text)));
      }
  return list;
}

/** Router renumbering (RFC 2894): commands with and without prefixes to use, results, a reset. */
export function renumberingSamples(): Uint8Array[] {
  const prefix = hex("000102030405060708090a0b0c0d0e0f");
  const match = (first: string) => join(hex(first), hex("053010400000"), prefix);
  const use = (lifetimes: string) => join(hex("4030c0ff"), hex(lifetimes), prefix);
  const uses = join(use("00000e10ffffffffc0000000"), use("ffffffff0000000300000000"));
  const list: Uint8Array[] = [];
  for (const code of [0, 1, 255, 7])
    for (const flags of [0, 0xff, 0x28]) {
      const head = join(Uint8Array.of(138, code, 0, 0, 0, 0, 0, 77, 3, flags, 3, 232), hex("00000005"));
      if (flags === 0) head.fill(0, 12);
      for (const rest of [join(match("020b"), uses), match("020b"), match("0103"), match("0904"), hex("")])
        list.push(join(head, rest));
    }
  return list;
}

/** RPL (RFC 6550): the four messages and others, with and without options. */
export function rplSamples(): Uint8Array[] {
  const id = "000102030405060708090a0b0c0d0e0f";
  const data = [
    "",
    "00000000",
    `1e01000588030000${id}000102000004010708036162630b0161`,
    `1ec00005${id}0504616263640000`,
    "1e00000505046162636400 0001",
    `1e800405${id}63046162`,
  ];
  return [0, 1, 2, 3, 4, 0x80, 0x8a].flatMap((code) =>
    data.map((text) => join(Uint8Array.of(155, code, 0, 0), hex(text))),
  );
}

/** Mobile IPv6 (RFC 6275): every message, too short, whole, with options. */
export function mobilitySamples(): Uint8Array[] {
  const options = `01020000 00 02020005 040400010002 0310000102030405060708090a0b0c0d0e0f 050c000000000000000000000000 63026162`;
  const fixed = [8, 16, 16, 24, 24, 12, 12, 24, 8, 8];
  return fixed.flatMap((length, type) => {
    const body = join(
      hex("8192"),
      Uint8Array.from({ length: length - 8 }, (_, i) => 0xc0 + i),
    );
    const made = [body, join(body, hex(options)), hex("8192")].map((rest) => {
      const bytes = 6 + rest.length;
      const missing = -bytes & 7;
      return join(Uint8Array.of(59, (bytes + missing) / 8 - 1, type, 0, 0, 0), rest, new Uint8Array(missing));
    });
    return made;
  });
}

/** DVMRP, PIM's first version, multicast traceroute, and an unknown type. */
export function igmpSamples(): Uint8Array[] {
  const list = [hex("9901000000000000"), hex("130100"), hex("1301"), hex("13010001")];
  const group = "e0010203";
  const routes = ["0a000001 0102020a0000020a000003 0a0000040102010a000009", "0a000001010273020a0000020a000003"];
  const reports = ["ffff000a0181ff00000a14030a1583", "ffffff0a010203810000000a85", "0000000500000a01"];
  const dvmrp = ["00000007 0a000001 0a000002", "0a0000010102000 00a00000403040002 0a000005", ...routes, ...reports];
  for (let type = 0; type < 11; type++)
    for (const text of dvmrp) list.push(join(Uint8Array.of(0x13, type), hex("00000000ff03"), hex(text)));
  const join1 = `0a000001 000000b4 00040401 ${group} ffffffff 0001 0000 01e0 0a000005`;
  const prune1 = `0a000001 0000005a 00040401 ${group} ffff0000 0000 0001 0020 0a000005`;
  const tail = `01e0 0a000005 0060 0a000006 0120 0a000007 ${group} ffff0000 0000 0000`;
  const pim = [join1, prune1, `0a000001 000000d2 00040402 ${group} ffffffff 0002 0001 ${tail}`, "2000005a", "10000069"];
  for (let type = 0; type < 9; type++)
    for (const [i, text] of pim.entries())
      list.push(join(Uint8Array.of(0x14, type, 0, 0, i === 1 ? 0x20 : 0x10, 0, 0, 0), hex(text)));
  for (const type of [0x1e, 0x1f])
    for (const answer of [group, "0a000009"])
      list.push(join(Uint8Array.of(type, 5, 0, 0), hex(`${group} 0a000001 0a000002 ${answer} 40010203`)));
  for (const [i, one] of list.entries()) if (i % 2 === 0 && one.length >= 4) igmp.updateChecksum(one, 0, one.length);
  return list;
}
