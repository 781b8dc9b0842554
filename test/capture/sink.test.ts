import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import {
  type CaptureFormat,
  CaptureWriter,
  createCapture,
  FileSink,
  formatOf,
  GzipSink,
  isWriteError,
  MemorySink,
  openCapture,
  type Sink,
  type WriteFailure,
} from "../../src/capture/index.ts";
import { privilege } from "../support/privilege.ts";
import { drain, readAll } from "./files.ts";

const folder = mkdtempSync(join(tmpdir(), "vethlab-capture-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FRAME = Uint8Array.from({ length: 100 }, (_, i) => i);
const EPOCH = 1_700_000_000;

function created(path: string, settings = {}): CaptureWriter {
  const writer = createCapture(path, { interfaces: [{ name: "ve0" }], ...settings });
  if (isWriteError(writer)) throw new Error(writer.message);
  return writer;
}

function appendMany(writer: CaptureWriter, count: number): void {
  for (let i = 0; i < count; i++) writer.append(FRAME, 0, 100, 100, EPOCH, i, 0, 0);
}

/** Has room for `room` bytes and then fails with `code`; keeps what a file would keep. */
class SmallSink implements Sink {
  readonly live = false;
  bytes = new Uint8Array(0);
  readonly #room: number;
  constructor(room: number) {
    this.#room = room;
  }
  write(bytes: Uint8Array): WriteFailure | null {
    const written = Math.min(bytes.length, this.#room - this.bytes.length);
    this.bytes = Uint8Array.from([...this.bytes, ...bytes.subarray(0, written)]);
    if (written === bytes.length) return null;
    return { kind: "full", code: "ENOSPC", message: "no space left on device", written };
  }
  takeBack(count: number): void {
    this.bytes = this.bytes.slice(0, this.bytes.length - count);
  }
  close(): null {
    return null;
  }
}

describe("a full disk", () => {
  test.each(["pcapng", "pcap", "pcap-nano"] as const)(
    "leaves whole records of %s, and the counts are true",
    async (format) => {
      for (let room = 0; room < 900; room += 13) {
        const sink = new SmallSink(room);
        const writer = new CaptureWriter(sink, { format, interfaces: [{ name: "ve0" }] });
        appendMany(writer, 2);
        writer.flush();
        appendMany(writer, 6);
        const error = writer.close();
        expect(error).toMatchObject({ kind: "full", code: "ENOSPC" });
        expect(writer.append(FRAME, 0, 100, 100, EPOCH, 0, 0, 0)).toBe(false);
        const read = await readAll(sink.bytes);
        if (sink.bytes.length > 0) expect(read.error).toBeNull();
        expect(read.records.length).toBe(error?.frames);
        expect(writer.error?.lost).toBe(8 - read.records.length + 1);
        expect(writer.frames).toBe(read.records.length);
      }
    },
  );

  test("compressed, leaves whole members", async () => {
    const inner = new SmallSink(400);
    const writer = new CaptureWriter(new GzipSink(inner), { interfaces: [{ name: "ve0" }] });
    for (let i = 0; i < 20; i++) {
      appendMany(writer, 1);
      writer.flush();
    }
    const error = writer.close();
    const read = await readAll(inner.bytes);
    expect(read.error).toBeNull();
    expect(read.records.length).toBe(error?.frames);
    expect(read.records.length).toBeGreaterThan(0);
  });

  test("/dev/full is one", () => {
    const writer = created("/dev/full");
    expect(writer.error).toMatchObject({ kind: "full", code: "ENOSPC", message: "no space left on device", frames: 0 });
    writer.close();
  });

  const mountable = privilege !== "none";
  test.skipIf(!mountable)(`a real one${mountable ? "" : " (skipped: mounting needs root)"}`, async () => {
    const disk = mkdtempSync(join(folder, "disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "vethlab-test", disk]);
    try {
      for (const name of ["a.pcapng", "b.pcap"]) {
        const path = join(disk, name);
        const writer = created(path);
        appendMany(writer, 3000);
        const error = writer.close();
        expect(error).toMatchObject({ kind: "full", code: "ENOSPC" });
        const read = await drain(await openCapture(path));
        expect(read.error).toBeNull();
        expect(read.records.length).toBe(error?.frames);
        expect(read.records.length).toBeGreaterThan(300);
        rmSync(path);
      }
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});

describe("pipes", () => {
  test("a reader that has gone is a value, and what it leaves is counted as lost", async () => {
    const fifo = join(folder, "gone");
    execFileSync("mkfifo", [fifo]);
    const reader = spawn("sh", ["-c", `exec < ${fifo}; sleep 0.1`], { stdio: "ignore" });
    const writer = created(fifo);
    expect(writer.error).toBeNull();
    await new Promise((resolve) => reader.once("exit", resolve));
    appendMany(writer, 1);
    expect(writer.close()).toMatchObject({ kind: "closed", code: "EPIPE", message: "broken pipe", frames: 0, lost: 1 });
  });

  test("everything is handed over at once: the header first, then each frame", () => {
    const seen: number[] = [];
    const sink = new MemorySink();
    const live: Sink = {
      live: true,
      write: (bytes) => {
        seen.push(bytes.length);
        return sink.write(bytes);
      },
      takeBack: () => {},
      close: () => null,
    };
    const writer = new CaptureWriter(live, { interfaces: [{ name: "ve0" }] });
    expect(seen.length).toBeGreaterThan(0);
    const begun = seen.length;
    appendMany(writer, 3);
    expect(seen.length).toBe(begun + 3);
    const patient = new CaptureWriter(live, { immediate: false });
    appendMany(patient, 3);
    expect(seen.length).toBe(begun + 3);
    patient.close();
    expect(seen.length).toBe(begun + 4);
  });

  test("a pipe that is full and does not block is waited for", async () => {
    const fifo = join(folder, "slow");
    execFileSync("mkfifo", [fifo]);
    const slow = spawn("sh", ["-c", `exec < ${fifo}; sleep 0.2; wc -c`], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    slow.stdout.on("data", (chunk) => {
      output += String(chunk);
    });
    const ended = new Promise((resolve) => slow.once("close", resolve));
    // O_WRONLY | O_NONBLOCK fails until the reader is there: open once to wait, then again without blocking.
    const first = openSync(fifo, "w");
    const fd = openSync(fifo, 0o4001);
    closeSync(first);
    const sink = new FileSink(fd, true);
    expect(sink.live).toBe(true);
    expect(sink.write(new Uint8Array(500_000))).toBeNull();
    expect(sink.close()).toBeNull();
    await ended;
    expect(output.trim()).toBe("500000");
  });

  test("a named pipe is read, though its writer comes later", async () => {
    const fifo = join(folder, "in");
    execFileSync("mkfifo", [fifo]);
    const sink = new MemorySink();
    const writer = new CaptureWriter(sink, { interfaces: [{ name: "ve0" }] });
    appendMany(writer, 5000);
    writer.close();
    const file = join(folder, "for-pipe.pcapng");
    writeFileSync(file, sink.bytes);
    const opened = openCapture(fifo);
    const cat = spawn("sh", ["-c", `sleep 0.1; cat ${file} > ${fifo}`]);
    const { records, error } = await drain(await opened);
    expect(error).toBeNull();
    expect(records.length).toBe(5000);
    expect(cat.pid).toBeGreaterThan(0);
  });
});

describe("files by name", () => {
  test.each([
    ["a.pcap", "pcap", false],
    ["a.PCAP", "pcap", false],
    ["a.pcapng", "pcapng", false],
    ["a", "pcapng", false],
    ["a.cap", "pcapng", false],
    ["a.pcap.gz", "pcap", true],
    ["a.pcapng.gz", "pcapng", true],
    ["dir.pcap/a", "pcapng", false],
    ["-", "pcapng", false],
  ] as [string, CaptureFormat, boolean][])("%s", (path, format, gzip) => {
    expect(formatOf(path)).toEqual({ format, gzip });
  });

  test.each(["w.pcap", "w.pcapng", "w.pcap.gz", "w.pcapng.gz"])("%s is written and read", async (name) => {
    const path = join(folder, name);
    const writer = created(path);
    appendMany(writer, 10_000);
    expect(writer.close()).toBeNull();
    expect(writer.close()).toBeNull();
    if (name.endsWith(".gz")) expect(statSync(path).size).toBeLessThan(600_000);
    const { records, error, reader } = await drain(await openCapture(path));
    expect(error).toBeNull();
    expect(records.length).toBe(10_000);
    expect(reader?.format).toBe(name.includes("pcapng") ? "pcapng" : "pcap");
  });

  test("compressed data is recognised by its first bytes; cut short, it gives all that is there", async () => {
    const sink = new MemorySink();
    const writer = new CaptureWriter(sink, { interfaces: [{ name: "ve0" }] });
    for (let i = 0; i < 20_000; i++) {
      const frame = FRAME.map((byte) => (byte * i) & 255);
      writer.append(frame, 0, 100, 100, EPOCH, i, 0, 0);
    }
    writer.close();
    const packed = gzipSync(sink.bytes);
    expect((await readAll(packed)).records.length).toBe(20_000);
    const half = await readAll(packed.subarray(0, packed.length / 2));
    expect(half.error).toMatchObject({ kind: "truncated", message: "the compressed file ends too early" });
    expect(half.records.length).toBeGreaterThan(8_000);
    const damaged = Uint8Array.from(packed);
    damaged.fill(0xff, packed.length / 2, packed.length / 2 + 50);
    const rest = await readAll(damaged);
    expect(rest.error?.kind).toBe("damaged");
    expect(rest.records.length).toBeGreaterThan(8_000);
    expect(rest.records.slice(0, 8_000)).toEqual(half.records.slice(0, 8_000));
  });

  test.each([
    ["/nonexistent/x.pcap", "no such file or directory"],
    [folder, "illegal operation on a directory"],
  ])("%s cannot be read or written: one line", async (path, message) => {
    expect(await openCapture(path)).toMatchObject({ kind: "io", message });
    expect(createCapture(path)).toMatchObject({ kind: "io", frames: 0 });
    expect(existsSync("/nonexistent")).toBe(false);
  });

  test("an existing file is replaced", () => {
    const path = join(folder, "again.pcap");
    writeFileSync(path, "x".repeat(10_000));
    created(path).close();
    expect(readFileSync(path).length).toBe(24);
  });
});
