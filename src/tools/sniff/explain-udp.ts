/** UDP explained, and the way to what travels in it. */
import * as dhcp from "../../../packets/dhcp.ts";
import * as dns from "../../../packets/dns.ts";
import * as udp from "../../../packets/udp.ts";
import { DhcpExplainer } from "./explain-dhcp.ts";
import { DnsExplainer } from "./explain-dns.ts";
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
  private readonly dhcp: DhcpExplainer;
  private readonly dns: DnsExplainer;

  constructor(memory: number) {
    this.flows = new Memory(memory);
    this.dhcp = new DhcpExplainer(memory);
    this.dns = new DnsExplainer(memory);
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
    const draft =
      this.explainApplication(subject, packet, length) ??
      this.explainData(subject, from, to, udp.dstPort(buf, payload), length - udp.HEADER_LENGTH);
    if (udp.checksum(buf, payload) !== 0) noteChecksum(subject, draft, { ...packet, length }, udp.CHECKSUM, "UDP");
    return draft;
  }

  /** What travels in it, if that is known; null if not, or if it is cut. */
  private explainApplication(subject: Subject, packet: IpPacket, length: number): Draft | null {
    if (packet.isFragment) return null;
    const { buf } = subject;
    const { payload, src } = packet;
    const at = payload + udp.HEADER_LENGTH;
    const end = Math.min(packet.end, payload + length);
    const ports = [udp.srcPort(buf, payload), udp.dstPort(buf, payload)];
    if (ports.includes(dns.PORT)) return this.dns.explain(subject, packet, at, end, false);
    if (ports.includes(dns.MULTICAST_PORT)) return this.dns.explain(subject, packet, at, end, true);
    const isDhcp = ports.every((port) => port === dhcp.SERVER_PORT || port === dhcp.CLIENT_PORT);
    return isDhcp ? this.dhcp.explain(subject, at, end, src) : null;
  }

  private explainData(subject: Subject, from: string, to: string, port: number, length: number): Draft {
    const bytes = count(length, "byte");
    const draft = new Draft("udp", `UDP to ${port}, ${bytes}`).say(`${from} sends ${bytes} to ${to} by UDP.`);
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
