/** Frames that leave work to a network card, over the packet socket: longer than the MTU, with unfinished checksums. */
import { expect, test } from "vitest";
import * as ethernet from "../../packets/ethernet.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as address from "../../packets/ipv4-address.ts";
import * as tcp from "../../packets/tcp.ts";
import { Lab } from "../../src/lab/lab.ts";
import { type FrameBatch, FrameFlag, type Link } from "../../src/link/link.ts";
import { describeNetns } from "../support/privilege.ts";
import { until } from "../support/until.ts";

interface Seen {
  readonly bytes: Uint8Array;
  readonly flags: number;
  readonly segment: number;
}

function collect(link: Link): Seen[] {
  const seen: Seen[] = [];
  link.onFrames((batch: FrameBatch) => {
    for (let i = 0; i < batch.count; i++) {
      const [off, flags] = [batch.offset[i]!, batch.flags[i]!];
      const segment = (flags & FrameFlag.Segments) === 0 ? 0 : batch.segment![i]!;
      seen.push({ bytes: batch.buffer.slice(off, off + batch.length[i]!), flags, segment });
    }
  });
  return seen;
}

/** A TCP frame whose checksum is left open, its data counting up from `mark`. */
function frame(length: number, mark: number): Uint8Array {
  const src = address.parse("10.0.0.1")!;
  const dst = address.parse("10.0.0.2")!;
  const fields = { srcPort: 5, dstPort: 80, sequence: mark, acknowledgement: 0, flags: tcp.Flag.Ack, window: 9 };
  const payload = Uint8Array.from({ length }, (_, i) => i + mark);
  const segment = tcp.build({ ...fields, urgentPointer: 0, options: new Uint8Array(0), payload }, src, dst);
  const common = { tos: 0, id: mark, flags: 0, fragmentOffset: 0, ttl: 64, options: new Uint8Array(0) };
  const packet = ipv4.build({ ...common, protocol: ipv4.Protocol.Tcp, src, dst, payload: segment });
  const station = (last: number) => Uint8Array.of(2, 0, 0, 0, 0, last);
  return ethernet.build({ dst: station(2), src: station(1), type: ethernet.EtherType.Ipv4, payload: packet });
}

const OPEN = FrameFlag.ChecksumNotReady;

describeNetns("offloads over AF_PACKET", () => {
  test("long and short frames arrive whole, in order, as they were sent", async () => {
    using pair = Lab.pair();
    const from = pair.ve0.openLink({ offload: true });
    const to = pair.ve1.openLink({ offload: true });
    const seen = collect(to);
    expect(from.canCommitUnfinished).toBe(true);
    // The device cuts what reaches its gso_max_size of 65,536, the Ethernet header included.
    const sizes = [100, 64_000, 1, 5000, 1448, 2896, 65_481, 7, 30];
    // A few more than one batch has slots, so that the same ones carry other frames.
    const sent = Array.from({ length: 75 }, (_, i) => frame(sizes[i % sizes.length]!, i));
    for (const [i, bytes] of sent.entries()) {
      from.tx.set(bytes, from.reserve(bytes.length));
      // Of the short ones one is finished, the next is not: each header belongs to its frame alone.
      if (bytes.length <= 1514 && i % 5 === 0) from.commit(bytes.length);
      else from.commitUnfinished!(bytes.length, 14, bytes.length > 1514 ? 1448 : 0);
    }
    from.flush();

    await until(() => seen.length === sent.length);
    for (const [i, { bytes, flags, segment }] of seen.entries()) {
      expect(bytes).toEqual(sent[i]);
      expect(segment).toBe(bytes.length > 1514 ? 1448 : 0);
      expect(flags).toBe(bytes.length > 1514 ? OPEN | FrameFlag.Segments : i % 5 === 0 ? 0 : OPEN);
    }
    expect(from.stats()).toMatchObject({
      txFrames: 75,
      txErrors: 0,
      txBytes: sent.reduce((n, one) => n + one.length, 0),
    });
    expect(to.stats()).toMatchObject({ rxFrames: 75, rxTruncated: 0, rxDropped: 0 });
    expect(from.reserve(65_600)).toBe(-1);
  });

  test("a long frame is cut where nobody asked for it whole, or too many wait", async () => {
    using pair = Lab.pair();
    const from = pair.ve0.openLink({ offload: true });
    const plain = pair.ve1.openLink();
    const to = pair.ve1.openLink({ offload: true });
    const [cut, kept] = [collect(plain), collect(to)];
    expect(plain.canCommitUnfinished).toBe(false);
    const COUNT = 300;
    for (let i = 0; i < COUNT; i++) {
      const bytes = frame(60_000, i);
      from.tx.set(bytes, from.reserve(bytes.length));
      from.commitUnfinished!(bytes.length, 14, 1448);
    }
    from.flush();
    await until(() => cut.length === COUNT && kept.length === COUNT);
    expect(cut.every(({ bytes, flags }) => bytes.length < 2048 && flags === (OPEN | FrameFlag.Truncated))).toBe(true);
    // 8 MiB of them wait; each that is there is the right one.
    const whole = kept.filter(({ flags }) => (flags & FrameFlag.Truncated) === 0);
    expect(whole.length).toBeGreaterThan(40);
    expect(whole.length).toBeLessThan(COUNT);
    expect(kept.every(({ bytes }, i) => Buffer.compare(bytes, frame(60_000, i).subarray(0, bytes.length)) === 0)).toBe(
      true,
    );
    expect(to.stats().rxTruncated).toBe(COUNT - whole.length);
    // What comes later is whole again.
    const late = frame(60_000, 7);
    from.tx.set(late, from.reserve(late.length));
    from.commitUnfinished!(late.length, 14, 1448);
    from.flush();
    await until(() => kept.length === COUNT + 1);
    expect(kept.at(-1)!.bytes).toEqual(late);
  });
});
