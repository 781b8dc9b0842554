import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  CaptureDirection,
  createCapture,
  isWriteError,
  openCapture,
  type WriterSettings,
} from "../../src/capture/index.ts";
import { needs } from "../support/privilege.ts";
import { tcpdumpOnFiles } from "../support/unprivileged.ts";
import { ARP } from "./blocks.ts";
import { drain, type ReadRecord, readAll, swapPcap, swapPcapng } from "./files.ts";

const folder = mkdtempSync(join(tmpdir(), "vethlab-oracle-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EPOCH = 1_700_000_000;
const COMMENTS = [["ve0 asks who has 10.0.0.2"], [], ["first", "Größe: 𝄞"]];

/** Three ARP requests, the last one cut, with notes. */
function written(name: string, settings: WriterSettings = {}): string {
  const path = join(folder, name);
  const interfaces = [
    { name: "ve0", description: "left end", mac: Uint8Array.of(2, 0, 0, 0, 0, 1) },
    { name: "ve1", os: "Linux" },
  ];
  const writer = createCapture(path, { application: "vethlab", comment: "three frames", interfaces, ...settings });
  if (isWriteError(writer)) throw new Error(writer.message);
  writer.addNames([[0x0a000001, "left.lab"]]);
  COMMENTS.forEach((comments, i) => {
    const direction = i % 2 === 0 ? CaptureDirection.Out : CaptureDirection.In;
    const captured = i === 2 ? 30 : 42;
    writer.append(
      Uint8Array.from([0, 0, 0, ...ARP, 0]),
      3,
      captured,
      42,
      EPOCH,
      i * 1_000_000_001,
      i % 2,
      direction,
      0,
      {
        comments,
        packetId: i,
      },
    );
  });
  writer.addStatistics(0, { received: 2, osDropped: 1 }, EPOCH + 3);
  writer.addStatistics(1, { received: 1 }, EPOCH + 3);
  expect(writer.close()).toBeNull();
  return path;
}

/** Runs a command and demands that it says nothing on standard error but the lines that `known` lets pass. */
function run(command: string, args: readonly string[], known: RegExp): string {
  const result = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  const complaints = result.stderr.split("\n").filter((line) => line !== "" && !known.test(line));
  expect(complaints).toEqual([]);
  expect(result.status).toBe(0);
  return result.stdout;
}

const tshark = (path: string, ...fields: string[]): string[][] =>
  run(
    "tshark",
    ["-n", "-r", path, "-T", "fields", "-E", "aggregator=|", ...fields.flatMap((field) => ["-e", field])],
    /^Running as user/,
  )
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));

const tcpdump = (...args: string[]): string =>
  run(...tcpdumpOnFiles(args), /^(reading from file|dropped privs|Warning: setgid)/);

const FORMATS = [
  ["n.pcapng", "pcapng", 9],
  ["u.pcap", "pcap", 6],
  ["n.pcap", "pcap-nano", 9],
] as const;

describe("our files, read by others", () => {
  needs({ commands: ["tshark"] }).test("tshark: times, lengths, interfaces, directions, comments, names", () => {
    for (const [name, format, digits] of FORMATS) {
      const times = tshark(
        written(name, { format }),
        "frame.time_epoch",
        "frame.cap_len",
        "frame.len",
        "_ws.col.Protocol",
      );
      const expected = ["000000000", "000000001", "000000002"].map((fraction, i) => {
        const shown = fraction.slice(0, digits).padEnd(9, "0");
        return [`${EPOCH + i}.${shown}`, i === 2 ? "30" : "42", "42", "ARP"];
      });
      expect(times).toEqual(expected);
    }
    const path = written("t.pcapng");
    expect(tshark(path, "frame.interface_name", "frame.interface_description", "frame.packet_flags_direction")).toEqual(
      [
        ["ve0", "left end", "0x00000002"],
        ["ve1", "", "0x00000001"],
        ["ve0", "left end", "0x00000002"],
      ],
    );
    expect(tshark(path, "frame.packet_flags_reception_type", "frame.packet_id", "frame.comment")).toEqual([
      ["3", "0", COMMENTS[0]![0]],
      ["3", "1", ""],
      ["3", "2", COMMENTS[2]!.join("|")],
    ]);
    const resolved = run("tshark", ["-r", path, "-Nn", "-q", "-z", "hosts"], /^Running as user/);
    expect(resolved).toMatch(/^10\.0\.0\.1\s+left\.lab$/m);
  });

  needs({ commands: ["capinfos"] }).test("capinfos: what the capture says of itself", () => {
    const text = run("capinfos", [written("c.pcapng")], /^$/);
    expect(text).toMatch(/File type: +Wireshark\/\.\.\. - pcapng/);
    expect(text).toMatch(/File timestamp precision: +nanoseconds \(9\)/);
    expect(text).toMatch(/Capture application: +vethlab/);
    expect(text).toMatch(/Capture comment: +three frames/);
    expect(text).toMatch(/Name = ve0/);
    expect(text).toMatch(/Description = left end/);
    expect(text).toMatch(/Operating system = Linux/);
    expect(text.match(/Number of stat entries = 1/g)?.length).toBe(2);
  });

  needs({ commands: ["tcpdump"] }).test("tcpdump: all three formats give the same lines", () => {
    const lines = FORMATS.map(([name, format]) => tcpdump("-n", "-e", "-tt", "-r", written(name, { format })));
    expect(lines[0]).toContain("ARP (0x0806), length 42: Request who-has 10.0.0.2 tell 10.0.0.1, length 28\n");
    expect(lines[0]!.trimEnd().split("\n").length).toBe(3);
    expect(lines[1]).toBe(lines[0]);
    expect(lines[2]).toBe(lines[0]);
    const nano = tcpdump("--nano", "-n", "-tt", "-r", join(folder, "n.pcapng"));
    expect(nano).toContain(`${EPOCH + 1}.000000001 ARP`);
  });

  needs({ commands: ["gzip"] }).test("gzip takes our compressed files", () => {
    const path = written("z.pcapng.gz");
    const plain = execFileSync("gzip", ["-dc", path]);
    expect(plain.equals(execFileSync("cat", [written("z.pcapng")]))).toBe(true);
  });

  needs({ commands: ["tcpdump", "tshark"] }).test(
    "the other byte order, which our test helper makes, is a good file for others as well",
    async () => {
      for (const [name, swap] of [
        ["s.pcapng", swapPcapng],
        ["s.pcap", swapPcap],
      ] as const) {
        const path = written(name);
        const swapped = join(folder, `swapped-${name}`);
        writeFileSync(swapped, swap(new Uint8Array(execFileSync("cat", [path]))));
        expect(tcpdump("-n", "-tt", "-r", swapped)).toBe(tcpdump("-n", "-tt", "-r", path));
        const fields = ["frame.time_epoch", "frame.comment", "frame.interface_name", "frame.packet_flags_direction"];
        expect(tshark(swapped, ...fields)).toEqual(tshark(path, ...fields));
        expect(await drain(await openCapture(swapped))).toMatchObject({
          error: null,
          records: (await drain(await openCapture(path))).records,
        });
      }
    },
  );
});

describe("others' files, read by us", () => {
  needs({ commands: ["tcpdump"] }).test("tcpdump -w, in micro- and nanoseconds", async () => {
    const path = written("in.pcapng");
    for (const [flags, unit] of [
      [[], 1000],
      [["--nano"], 1],
    ] as const) {
      const out = join(folder, `tcpdump-${unit}.pcap`);
      tcpdump(...flags, "-r", path, "-w", out);
      expectThree(await drain(await openCapture(out)), unit);
    }
  });

  needs({ commands: ["editcap", "mergecap"] }).test(
    "editcap and mergecap, in every format that they share with us",
    async () => {
      const path = written("in.pcapng");
      for (const [type, unit] of [
        ["pcapng", 1],
        ["pcap", 1000],
        ["nsecpcap", 1],
        ["modpcap", 1000],
      ] as const) {
        const out = join(folder, `editcap-${type}`);
        run("editcap", ["-F", type, path, out], /^$/);
        expectThree(await drain(await openCapture(out)), unit);
      }
      const merged = join(folder, "merged.pcapng");
      run("mergecap", ["-a", "-w", merged, path, written("in.pcap")], /^$/);
      const { reader, records, error } = await drain(await openCapture(merged));
      expect(error).toBeNull();
      expect(records.length).toBe(6);
      expect(reader?.interfaces.map((item) => item.name).slice(0, 2)).toEqual(["ve0", "ve1"]);
      const commented = join(folder, "commented.pcapng");
      run("editcap", ["-a", "2:by editcap", path, commented], /^$/);
      const comments = (await drain(await openCapture(commented))).records.map((record) => record.comments);
      expect(comments).toEqual([COMMENTS[0], ["by editcap"], COMMENTS[2]]);
    },
  );

  needs({ commands: ["tshark"] }).test("tshark -w", async () => {
    const out = join(folder, "tshark.pcapng");
    run("tshark", ["-r", written("in.pcapng"), "-w", out], /^Running as user/);
    const { records } = await drain(await openCapture(out));
    expectThree({ records, error: null }, 1);
    expect(records.map((record) => record.comments)).toEqual(COMMENTS);
    expect(records.map((record) => record.direction)).toEqual([1, 0, 1]);
  });
});

function expectThree({ records, error }: { records: ReadRecord[]; error: unknown }, unit: number): void {
  expect(error).toBeNull();
  expect(records.map((item) => [item.seconds, item.nanoseconds, item.bytes.length, item.originalLength])).toEqual([
    [EPOCH, 0, 42, 42],
    [EPOCH + 1, unit === 1 ? 1 : 0, 42, 42],
    [EPOCH + 2, unit === 1 ? 2 : 0, 30, 42],
  ]);
  expect(records[1]!.bytes).toEqual(Uint8Array.from(ARP));
}

const collection = join(import.meta.dirname, "../../../shared/captures");
const names = existsSync(collection) ? readdirSync(collection).filter((name) => /\.pcap(ng)?$/.test(name)) : [];

describe.skipIf(names.length === 0)(
  `captures made by others${names.length === 0 ? ` (skipped: no ${collection})` : ""}`,
  () => {
    needs({ commands: ["tcpdump"] }).test("every one of them gives the records that libpcap sees", async () => {
      for (const name of names) {
        const path = join(collection, name);
        const ours = await drain(await openCapture(path, { anyLinkType: true }));
        // What tcpdump writes is read by the few lines below, not by the code under test.
        const copy = spawnSync(...tcpdumpOnFiles(["--nano", "-r", path, "-w", "-"]), { maxBuffer: 1 << 28 });
        expect(ours.error, name).toBeNull();
        expect(ours.records.map(summary), name).toEqual(nanoPcap(new Uint8Array(copy.stdout)));
      }
    });

    test("every beginning of every tenth of them gives a beginning of its records", async () => {
      for (const name of names.filter((_, i) => i % 10 === 0)) {
        const file = new Uint8Array(execFileSync("cat", [join(collection, name)]));
        const whole = (await readAll(file)).records.map(summary);
        for (let length = 0; length < Math.min(file.length, 40_000); length += 1 + (length >> 4)) {
          const { records, error } = await readAll(file.subarray(0, length));
          expect(records.map(summary)).toEqual(whole.slice(0, records.length));
          expect(error?.kind).not.toBe("io");
        }
      }
    });
  },
);

function summary(record: ReadRecord): string {
  const { bytes, originalLength, seconds, nanoseconds } = record;
  return `${seconds >>> 0}.${nanoseconds} ${bytes.length}/${originalLength} ${Buffer.from(bytes).toString("base64")}`;
}

function nanoPcap(file: Uint8Array): string[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const list: string[] = [];
  for (let at = 24; at < file.length; ) {
    const captured = view.getUint32(at + 8, true);
    const bytes = file.subarray(at + 16, at + 16 + captured);
    const [seconds, nanoseconds] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    const original = Math.min(view.getUint32(at + 12, true), 0x7fffffff);
    list.push(`${seconds}.${nanoseconds} ${captured}/${original} ${Buffer.from(bytes).toString("base64")}`);
    at += 16 + captured;
  }
  return list;
}
