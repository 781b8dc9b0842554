/** What our codecs read of DNS and DHCP is what tshark reads. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import * as dhcp from "../../packets/dhcp.ts";
import * as dns from "../../packets/dns.ts";
import { format } from "../../packets/ipv4-address.ts";
import { parsed } from "../support/arbitraries.ts";
import { needs } from "../support/privilege.ts";
import { readPcap } from "../support/tcpdump.ts";

const UDP_PAYLOAD = 42;
const UDP_PAYLOAD_IPV6 = 62;

/** The payload of each UDP datagram in one of our captures. */
function datagrams(name: string): Uint8Array[] {
  const frames = readPcap(readFileSync(new URL(`../captures/text/${name}.pcap`, import.meta.url)));
  return frames.flatMap(({ bytes }) => {
    if (bytes[12] === 0x86 && bytes[20] === 17) return [Uint8Array.from(bytes.subarray(UDP_PAYLOAD_IPV6))];
    return bytes[12] === 8 && bytes[23] === 17 ? [Uint8Array.from(bytes.subarray(UDP_PAYLOAD))] : [];
  });
}

/** Lists of values of each field, a datagram a line. */
function tshark(name: string, fields: readonly string[]): string[][][] {
  const file = fileURLToPath(new URL(`../captures/text/${name}.pcap`, import.meta.url));
  const args = ["-n", "-r", file, "-Y", "udp", "-T", "fields", "-E", "separator=/t", "-E", "aggregator=|"];
  const text = execFileSync("tshark", [...args, ...fields.flatMap((field) => ["-e", field])], { encoding: "utf8" });
  const lines = text.replace(/\n$/, "").split("\n");
  return lines.map((line) => line.split("\t").map((values) => (values === "" ? [] : values.split("|"))));
}

const numbers = (values: readonly string[]) => values.map(Number);
/** tshark writes names without the last dot, the root as <Root>, and bytes that are no text in ways of its own. */
const plain = (name: string) => (name === "." ? "<Root>" : name.replace(/\.$/, ""));
const isPlain = (name: string) => /^[-\w.<>[\]:]*$/.test(name);

needs({ commands: ["tshark"] }).describe("as tshark reads them", () => {
  for (const name of ["dns", "mdns"]) {
    needs({}).test(`the messages of ${name}.pcap`, () => {
      const header = ["dns.id", "dns.flags", "dns.count.queries", "dns.count.answers", "dns.count.auth_rr"];
      const entries = [
        "dns.count.add_rr",
        "dns.qry.name",
        "dns.qry.type",
        "dns.resp.name",
        "dns.resp.type",
        "dns.resp.ttl",
      ];
      const rows = tshark(name, [...header, ...entries]);
      const messages = datagrams(name);
      expect(messages.length).toBe(rows.length);
      for (const [i, bytes] of messages.entries()) {
        const [id, flags, questions, answers, authorities, additionals, names, types, owners, kinds, ttls] = rows[i]!;
        const read = parsed(dns.parse(bytes));
        // Of updates the sections have other names there.
        if (dns.opcode(bytes, 0) === dns.Opcode.Update) continue;
        const records = [...read.answers, ...read.authorities, ...read.additionals];
        expect([[read.id], [read.flags]]).toEqual([numbers(id!), numbers(flags!)]);
        const counts = [read.questions.length, read.answers.length, read.authorities.length, read.additionals.length];
        expect(counts).toEqual(numbers([...questions!, ...answers!, ...authorities!, ...additionals!]));
        expect(read.questions.map(({ type }) => type)).toEqual(numbers(types!));
        expect(records.map(({ type }) => type)).toEqual(numbers(kinds!));
        if (names!.every(isPlain)) expect(read.questions.map((each) => plain(each.name))).toEqual(names);
        // The owner of a service is a field of its own.
        const owned = records.filter(({ type }) => type !== dns.RecordType.Srv);
        if (owners!.every(isPlain)) expect(owned.map((each) => plain(each.name))).toEqual(owners);
        // An OPT record has no time to live; nor has tshark one for it.
        const timed = records.filter(({ type }) => type !== dns.RecordType.Opt);
        if (timed.length === ttls!.length) expect(timed.map(({ ttl }) => ttl)).toEqual(numbers(ttls!));
      }
    });
  }

  needs({}).test("the messages of dhcp.pcap", () => {
    const fields = ["dhcp.type", "dhcp.hw.type", "dhcp.hw.len", "dhcp.id", "dhcp.secs", "dhcp.flags", "dhcp.ip.client"];
    const more = ["dhcp.ip.your", "dhcp.ip.server", "dhcp.ip.relay", "dhcp.option.type", "dhcp.option.length"];
    const rows = tshark("dhcp", [...fields, ...more]);
    const messages = datagrams("dhcp");
    expect(messages.length).toBe(rows.length);
    for (const [i, bytes] of messages.entries()) {
      const row = rows[i]!;
      const read = parsed(dhcp.parse(bytes));
      // The client identifier has a hardware type as well.
      const fixed = row.slice(0, 6).map(([first]) => Number(first));
      expect([read.op, read.htype, read.hlen, read.xid, read.secs, read.flags]).toEqual(fixed);
      const addresses = [read.ciaddr, read.yiaddr, read.siaddr, read.giaddr];
      expect(addresses.map(format)).toEqual(row.slice(6, 10).flat());
      expect(read.options.map(({ code }) => code)).toEqual(
        numbers(row[10]!).filter((code) => code !== 0 && code !== 255),
      );
      expect(read.options.map(({ data }) => data.length)).toEqual(numbers(row[11]!));
    }
  });
});
