import { expect, test } from "vitest";
import { libc, map, watchReadable } from "../../src/linux/libc.ts";
import { until } from "../support/until.ts";

/** A pair of connected sockets, made through libc alone. */
function datagrams(): { fd: number; port: number; close(): void } {
  const fd = libc.socket(2, 2 | 0x80000 | 0x800, 0);
  const address = new DataView(new ArrayBuffer(16));
  address.setUint16(0, 2, true);
  address.setUint32(4, 0x7f000001);
  for (let port = 20_000; port < 60_000; port++) {
    address.setUint16(2, port);
    if (libc.bind(fd, new Uint8Array(address.buffer), 16) === 0) return { fd, port, close: () => libc.close(fd) };
  }
  throw new Error("no free port");
}

function sendTo(socket: { fd: number; port: number }, text: string): void {
  const address = new DataView(new ArrayBuffer(16));
  address.setUint16(0, 2, true);
  address.setUint16(2, socket.port);
  address.setUint32(4, 0x7f000001);
  libc.sendto(socket.fd, Buffer.from(text), text.length, 0, new Uint8Array(address.buffer), 16);
}

const scratch = new Uint8Array(100);

// koffi's poll is undocumented: this is what we rely on.
test("a watch is level triggered: it calls until the descriptor is read empty, and no more", async () => {
  const socket = datagrams();
  let calls = 0;
  const watch = watchReadable(socket.fd, (status) => {
    expect(status).toBe(0);
    calls++;
    libc.recv(socket.fd, scratch, scratch.length, 0);
  });
  for (const text of ["a", "b", "c"]) sendTo(socket, text);
  await until(() => calls === 3);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls).toBe(3);
  watch.close();
  watch.close();
  sendTo(socket, "d");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls).toBe(3);
  socket.close();
});

test("an exception in a watch's callback is not swallowed", async () => {
  const socket = datagrams();
  const caught = new Promise<Error>((resolve) => process.prependOnceListener("uncaughtException", resolve));
  const others = process.listeners("uncaughtException").slice(1);
  for (const other of others) process.off("uncaughtException", other);
  const watch = watchReadable(socket.fd, () => {
    libc.recv(socket.fd, scratch, scratch.length, 0);
    throw new RangeError("from the callback");
  });
  sendTo(socket, "a");
  expect((await caught).message).toBe("from the callback");
  for (const other of others) process.on("uncaughtException", other);
  watch.close();
  socket.close();
});

test("memory that was let go reads zeros, and writing to it harms nobody", () => {
  const memory = map(-1, 8192);
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(7);
  memory.release();
  memory.release();
  expect(bytes[0]).toBe(0);
  expect(bytes[8191]).toBe(0);
  bytes[1] = 1;
});
