/**
 * The codecs: every module of packets/ that has `check` and `parse` over a range of bytes takes part by itself, where a
 * frame's network layer begins, or its transport layer, or what that carries; and one of them at a random place.
 */

import * as packets from "../../packets/index.ts";
import { Fault, FrameCursor, ipv4, ipv4Options } from "../../packets/index.ts";
import type { TextWriter } from "../../packets/text/index.ts";
import type { Target } from "../target.ts";
import { writeValue } from "../value.ts";

type Parse = (buf: Uint8Array, off: number, end: number) => unknown;

interface Codec {
  readonly name: string;
  readonly parse: Parse;
}

/** Modules whose `check` and `parse` take bytes, an offset and an end. */
export const CODECS: readonly Codec[] = Object.entries(packets).flatMap(([name, module]) => {
  const { check, parse } = module as { check?: unknown; parse?: unknown };
  if (typeof check !== "function" || typeof parse !== "function" || check.length !== 3) return [];
  return [{ name, parse: parse as Parse }];
});

const UDP_HEADER = 8;
const NEWLINE = 0x0a;
const SPACE = 0x20;

function run(out: TextWriter, codec: Codec, buf: Uint8Array, off: number, end: number): void {
  out.ascii(codec.name);
  out.byte(SPACE);
  writeValue(out, codec.parse(buf, off, end));
  out.byte(NEWLINE);
}

export const codecs: Target = {
  name: "codecs",
  start(random) {
    const cursor = new FrameCursor();
    return ({ buf, off, end }, _frame, _number, out) => {
      writeValue(out, cursor.dissect(buf, off, end));
      writeValue(out, [cursor.etherType, cursor.networkOffset - off, cursor.networkEnd - off, cursor.vlanCount]);
      const network = cursor.networkOffset;
      const stop = cursor.networkEnd;
      const isIpv4 = ipv4.checkHeader(buf, network, stop) === Fault.None;
      const transport = isIpv4 ? ipv4.payloadOffset(buf, network) : Math.min(network + 40, stop);
      const anywhere = off + random.below(end - off + 1);
      // One place a frame, which the random numbers choose: the same bytes come again often enough.
      const place = [network, transport, Math.min(transport + UDP_HEADER, stop)][random.below(3)]!;
      for (const codec of CODECS) run(out, codec, buf, place, stop);
      run(out, random.pick(CODECS), buf, anywhere, end);
      if (isIpv4) writeValue(out, ipv4Options.parse(buf, network));
    };
  },
};

/** The same through the reader of the hot path. */
export const reader: Target = {
  name: "reader",
  start() {
    const cursor = new FrameCursor();
    return ({ buf, off, end }, _frame, _number, out) => {
      if (cursor.dissect(buf, off, end) !== Fault.None) return;
      const at = cursor.networkOffset;
      const stop = cursor.networkEnd;
      if (cursor.checkArp(at, stop) === Fault.None) {
        writeValue(out, [cursor.arpOperation(at), cursor.arpSenderIp(at), cursor.arpTargetIp(at)]);
        writeValue(out, [cursor.arpSenderMacHigh(at), cursor.arpSenderMacLow(at)]);
        writeValue(out, [cursor.arpTargetMacHigh(at), cursor.arpTargetMacLow(at)]);
      }
      const payload = cursor.ipv4Payload(at, stop);
      writeValue(out, payload < 0 ? payload : payload - off);
      if (payload < 0) return;
      const end4 = cursor.ipv4PayloadEnd(at);
      writeValue(out, [cursor.ipv4Src(at), cursor.ipv4Dst(at), cursor.ipv4Ttl(at), cursor.ipv4Protocol(at)]);
      writeValue(out, [cursor.checksum(at, payload), cursor.checksum(payload, end4)]);
      const fault = cursor.checkIcmp(payload, end4);
      writeValue(out, fault);
      if (fault === Fault.None) {
        writeValue(out, [cursor.icmpType(payload), cursor.icmpCode(payload)]);
        writeValue(out, [cursor.icmpIdentifier(payload), cursor.icmpSequence(payload)]);
      }
    };
  },
};
