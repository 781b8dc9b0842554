/** What tshark reads in frames of real bridges, neighbours and TCP, our codecs read the same. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Fault } from "../../packets/fault.ts";
import { FrameCursor } from "../../packets/frame.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as lldp from "../../packets/lldp.ts";
import * as mac from "../../packets/mac.ts";
import * as stp from "../../packets/stp.ts";
import * as tcp from "../../packets/tcp.ts";
import * as tcpOptions from "../../packets/tcp-options.ts";
import { parsed } from "../support/arbitraries.ts";
import { needs } from "../support/privilege.ts";
import { readPcap } from "../support/tcpdump.ts";

const CAPTURE = fileURLToPath(new URL("../captures/text/neighbours.pcap", import.meta.url));

/** The values of these fields in each frame of the protocol, all occurrences, numbers as numbers. */
function tshark(protocol: string, fields: readonly string[]): Record<string, (number | string)[]>[] {
  const wanted = ["frame.number", ...fields];
  const args = ["-n", "-r", CAPTURE, "-Y", protocol, "-T", "fields", "-E", "aggregator=;"];
  const { stdout } = spawnSync("tshark", [...args, ...wanted.flatMap((field) => ["-e", field])], { encoding: "utf8" });
  return stdout
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      const values = line.split("\t").map((text) => (text === "" ? [] : text.split(";").map(number)));
      return Object.fromEntries(wanted.map((field, i) => [field, values[i]!]));
    });
}

function number(text: string): number | string {
  return /^-?\d+(\.\d+)?$|^0x[0-9a-f]+$/.test(text) ? Number(text) : text;
}

needs({ commands: ["tshark"] }).describe("codecs against tshark", () => {
  const frames = readPcap(readFileSync(CAPTURE));
  const cursor = new FrameCursor();
  const open = (index: number): Uint8Array => {
    const { bytes } = frames[index - 1]!;
    expect(cursor.dissect(bytes, 0, bytes.length)).toBe(Fault.None);
    return bytes;
  };

  test("TCP: header and options of Multipath TCP, MD5 signatures, urgent data, HTTP", () => {
    const names = ["srcport", "dstport", "seq_raw", "ack_raw", "hdr_len", "flags", "window_size_value", "checksum"];
    const fields = [...names, "urgent_pointer", "len", "option_kind"].map((name) => `tcp.${name}`);
    const rows = tshark("tcp", fields);
    expect(rows.length).toBeGreaterThan(50);
    for (const row of rows) {
      const buf = open(row["frame.number"]![0] as number);
      const ip = cursor.networkOffset;
      const at = ipv4.payloadOffset(buf, ip);
      const end = ipv4.payloadEnd(buf, ip, cursor.networkEnd);
      expect(tcp.check(buf, at, end)).toBe(Fault.None);
      const kinds = parsedList(tcpOptions.parse(buf, at)).map(({ kind }) => kind);
      expect({
        "frame.number": row["frame.number"],
        "tcp.srcport": [tcp.srcPort(buf, at)],
        "tcp.dstport": [tcp.dstPort(buf, at)],
        "tcp.seq_raw": [tcp.sequence(buf, at)],
        "tcp.ack_raw": [tcp.acknowledgement(buf, at)],
        "tcp.hdr_len": [tcp.headerLength(buf, at)],
        "tcp.flags": [tcp.flags(buf, at)],
        "tcp.window_size_value": [tcp.window(buf, at)],
        "tcp.checksum": [tcp.checksum(buf, at)],
        "tcp.urgent_pointer": [tcp.urgentPointer(buf, at)],
        "tcp.len": [end - tcp.payloadOffset(buf, at)],
        "tcp.option_kind": kinds,
      }).toEqual(row);
    }
  });

  test("spanning tree: what a Linux bridge says", () => {
    const names = [
      "version",
      "type",
      "flags",
      "root.hw",
      "root.cost",
      "bridge.hw",
      "port",
      "msg_age",
      "max_age",
      "hello",
    ];
    const rows = tshark(
      "stp",
      [...names, "forward"].map((name) => `stp.${name}`),
    );
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) {
      const buf = open(row["frame.number"]![0] as number);
      const at = cursor.llcOffset + 3;
      expect(stp.check(buf, at, buf.length)).toBe(Fault.None);
      expect({
        "frame.number": row["frame.number"],
        "stp.version": [stp.version(buf, at)],
        "stp.type": [stp.type(buf, at)],
        "stp.flags": [stp.flags(buf, at)],
        "stp.root.hw": [mac.format(buf, at + stp.ROOT_ID + 2)],
        "stp.root.cost": [stp.rootPathCost(buf, at)],
        "stp.bridge.hw": [mac.format(buf, at + stp.BRIDGE_ID + 2)],
        "stp.port": [stp.portId(buf, at)],
        "stp.msg_age": [stp.time(buf, at, stp.MESSAGE_AGE)],
        "stp.max_age": [stp.time(buf, at, stp.MAX_AGE)],
        "stp.hello": [stp.time(buf, at, stp.HELLO_TIME)],
        "stp.forward": [stp.time(buf, at, stp.FORWARD_DELAY)],
      }).toEqual(row);
    }
  });

  test("LLDP: what lldpd says of a telephone", () => {
    const names = ["tlv.type", "tlv.len", "chassis.subtype", "chassis.id.mac", "port.subtype", "time_to_live"];
    const [row] = tshark(
      "lldp",
      [...names, "tlv.system.name", "tlv.system_cap"].map((name) => `lldp.${name}`),
    );
    const buf = open(row!["frame.number"]![0] as number);
    const at = cursor.networkOffset;
    const unit = parsed(lldp.parse(buf, at));
    const types: number[] = [];
    const lengths: number[] = [];
    for (let tlv = at; ; tlv = lldp.nextTlv(buf, tlv)) {
      types.push(lldp.tlvType(buf, tlv));
      lengths.push(lldp.tlvLength(buf, tlv));
      if (lldp.tlvType(buf, tlv) === lldp.TlvType.End) break;
    }
    const name = unit.tlvs.find((tlv) => tlv.kind === "system-name");
    const capabilities = unit.tlvs.find((tlv) => tlv.kind === "system-capabilities");
    expect({
      "frame.number": row!["frame.number"],
      "lldp.tlv.type": types,
      "lldp.tlv.len": lengths,
      "lldp.chassis.subtype": [unit.chassis.subtype],
      "lldp.chassis.id.mac": [mac.format(unit.chassis.id, 0)],
      "lldp.port.subtype": [unit.port.subtype],
      "lldp.time_to_live": [unit.ttl],
      "lldp.tlv.system.name": [String.fromCharCode(...(name?.kind === "system-name" ? name.text : []))],
      "lldp.tlv.system_cap": [capabilities?.kind === "system-capabilities" ? capabilities.system : -1],
    }).toEqual(row);
  });
});

function parsedList<T>(result: T[] | number): T[] {
  if (typeof result === "number") throw new Error(`expected options, got fault ${result}`);
  return result;
}
