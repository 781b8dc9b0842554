/** UDP and TCP, which IPv4 and IPv6 share. */
import { TcpExplainer } from "./explain-tcp.ts";
import { UdpExplainer } from "./explain-udp.ts";

export class Transports {
  readonly udp: UdpExplainer;
  readonly tcp: TcpExplainer;

  constructor(memory: number) {
    this.udp = new UdpExplainer(memory);
    this.tcp = new TcpExplainer(memory);
  }
}
