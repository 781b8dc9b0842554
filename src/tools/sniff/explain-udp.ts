/** UDP explained, and the way to what travels in it. */
import * as udp from "../../../packets/udp.ts";
import { cutShort, Draft, malformed, type Subject } from "./explanation.ts";
import { Memory } from "./memory.ts";
import { endpoint, type IpPacket, noteChecksum } from "./transport.ts";
import { count, duration } from "./words.ts";

/** The datagram that nothing has come back for yet. */
interface Sent {
  readonly number: number;
  readonly time: number;
}

export class UdpExplainer {
  private readonly flows: Memory<string, Sent>;

  constructor(memory: number) {
    this.flows = new Memory(memory);
  }

  explain(subject: Subject, packet: IpPacket): Draft {
    const { buf } = subject;
    const { payload, end, src, dst } = packet;
    if (end - payload < udp.HEADER_LENGTH)
      return cutShort(subject, "UDP, cut", `UDP from ${src} to ${dst}, cut short.`);
    const from = endpoint(src, udp.srcPort(buf, payload));
    const to = endpoint(dst, udp.dstPort(buf, payload));
    const length = udp.length(buf, payload);
    if (length < udp.HEADER_LENGTH || (!packet.isFragment && length > packet.length)) {
      const text = `UDP from ${from} to ${to} whose length of ${count(length, "byte")} cannot be: hosts drop it silently.`;
      return malformed("UDP, malformed", text);
    }
    const draft = this.explainData(subject, from, to, length - udp.HEADER_LENGTH);
    if (udp.checksum(buf, payload) !== 0) noteChecksum(subject, draft, { ...packet, length }, udp.CHECKSUM, "UDP");
    return draft;
  }

  private explainData(subject: Subject, from: string, to: string, length: number): Draft {
    const bytes = count(length, "byte");
    const draft = new Draft("udp", `UDP, ${bytes}`).say(`${from} sends ${bytes} to ${to} by UDP.`);
    const { segment, number, time } = subject;
    const asked = `${segment}${to} ${from}`;
    const question = this.flows.get(asked);
    if (question !== undefined) {
      this.flows.delete(asked);
      const delay = duration(time - question.time);
      return draft.say(`It seems to answer #${question.number}, after ${delay}.`, question.number);
    }
    this.flows.set(`${segment}${from} ${to}`, { number, time });
    return draft;
  }
}
