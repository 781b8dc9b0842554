/**
 * A process that receives echo requests and parses every one: `node receiver.js IFACE vethlab|cap`; then lines `begin`, and
 * `end COUNT`, which is answered when that many have come, or no more come.
 */
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { EtherType } from "../../packets/ethernet.ts";
import { FrameCursor } from "../../packets/frame.ts";
import * as icmp from "../../packets/icmp.ts";
import type { FrameBatch } from "../../src/link/link.ts";
import { openPacketLink } from "../../src/link/packet.ts";

/** Both get a ring of this many bytes. */
const RING_BYTES = 64 << 20;
/** No frame for so long: no more will come. */
const QUIET_MS = 400;

interface Receiver {
  /** Frames parsed since the start, and what the kernel says it dropped (-1: it is not asked). */
  frames(): number;
  dropped(): number;
  /** Sum of what was read in all of them. */
  sum(): number;
}

function vethlab(name: string): Receiver {
  const link = openPacketLink(name, { ring: "bulk", ringBytes: RING_BYTES });
  const cursor = new FrameCursor();
  const { Ipv4 } = EtherType;
  const { EchoRequest } = icmp.Type;
  let frames = 0;
  let sum = 0;
  link.onFrames(({ count, buffer, offset, length }: FrameBatch) => {
    for (let i = 0; i < count; i++) {
      const off = offset[i]!;
      const end = off + length[i]!;
      const ip = cursor.network(buffer, off, end);
      if (ip < 0 || cursor.etherType !== Ipv4) continue;
      const at = cursor.echoMessage(ip, cursor.networkEnd);
      if (at < 0 || cursor.icmpType(at) !== EchoRequest) continue;
      frames++;
      sum = (sum + cursor.ipv4Src(ip) + cursor.ipv4Dst(ip) + cursor.icmpSequence(at)) | 0;
    }
  });
  return { frames: () => frames, dropped: () => link.stats().rxDropped, sum: () => sum };
}

/** What of cap's interface is used here. */
interface CapModule {
  Cap: new () => {
    open(device: string, filter: string, bufferSize: number, buffer: Buffer): string;
    setMinBytes?(bytes: number): void;
    on(event: "packet", listener: (length: number) => void): void;
  };
  decoders: {
    Ethernet(buffer: Buffer, offset: number): { info: { type: number }; offset: number };
    IPV4(
      buffer: Buffer,
      offset: number,
    ): {
      info: { protocol: number; totallen: number; srcaddr: string; dstaddr: string };
      hdrlen: number;
      offset: number;
    };
    ICMPV4(buffer: Buffer, length: number, offset: number): { info: { type: number; seqno?: number } };
  };
}

function cap(name: string): Receiver {
  const { Cap, decoders } = createRequire(import.meta.url)("cap") as CapModule;
  const capture = new Cap();
  const buffer = Buffer.alloc(65_535);
  let frames = 0;
  let sum = 0;
  capture.open(name, "", RING_BYTES, buffer);
  capture.setMinBytes?.(0);
  capture.on("packet", () => {
    const ethernet = decoders.Ethernet(buffer, 0);
    if (ethernet.info.type !== 0x0800) return;
    const ip = decoders.IPV4(buffer, ethernet.offset);
    if (ip.info.protocol !== 1) return;
    const { info } = decoders.ICMPV4(buffer, ip.info.totallen - ip.hdrlen, ip.offset);
    if (info.type !== 8) return;
    frames++;
    // Addresses come as text: their lengths stand for having been read.
    sum = (sum + ip.info.srcaddr.length + ip.info.dstaddr.length + (info.seqno ?? 0)) | 0;
  });
  return { frames: () => frames, dropped: () => -1, sum: () => sum };
}

/** Waits until so many frames have come, or no more come. */
async function settled(receiver: Receiver, count: number): Promise<void> {
  let last = receiver.frames();
  let since = performance.now();
  while (receiver.frames() < count) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = receiver.frames();
    if (now !== last) since = performance.now();
    else if (performance.now() - since > QUIET_MS) return;
    last = now;
  }
}

async function main([name = "", who = ""]: string[]): Promise<void> {
  const receiver = who === "cap" ? cap(name) : vethlab(name);
  process.stdout.write("{}\n");
  let cpu = process.cpuUsage();
  let frames = 0;
  let dropped = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, argument] = line.split(" ");
    if (command === "begin") {
      frames = receiver.frames();
      dropped = receiver.dropped();
      cpu = process.cpuUsage();
      process.stdout.write("{}\n");
    } else if (command === "end") {
      await settled(receiver, frames + Number(argument));
      const { user, system } = process.cpuUsage(cpu);
      const result = { frames: receiver.frames() - frames, dropped: receiver.dropped() - dropped, user, system };
      process.stdout.write(`${JSON.stringify({ ...result, sum: receiver.sum() })}\n`);
    }
  }
}

await main(process.argv.slice(2));
process.exit(0);
