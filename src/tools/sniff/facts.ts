/** What explainers tell to those who count and draw, beside the explanation of each frame. */

/** Kinds of questions, and their answers. */
export type ExchangeKind = "arp" | "arp-probe" | "echo" | "neighbor" | "duplicate-address" | "dns" | "dhcp" | "tcp";

export type Fact = Sent | Claim | Role | Asked | Answered | TcpFact | LeaseFact;

/** A packet with this source address left this MAC: the station's own, or one that a router passes on. */
export interface Sent {
  readonly type: "sent";
  readonly segment: string;
  readonly mac: string;
  readonly ip: string;
  readonly number: number;
}

/** Somebody says that an address is at a MAC. */
export interface Claim {
  readonly type: "claim";
  readonly segment: string;
  readonly mac: string;
  readonly ip: string;
  readonly number: number;
  readonly time: number;
  readonly how: "request" | "reply" | "announcement" | "neighbor discovery";
}

/** What a station does for others. */
export interface Role {
  readonly type: "role";
  readonly mac: string;
  readonly role: "router" | "DHCP server" | "DNS server" | "proxy" | "bridge" | "root bridge";
  readonly number: number;
}

/** A question; the same one asked again has `again` set. */
export interface Asked {
  readonly type: "asked";
  readonly what: ExchangeKind;
  readonly segment: string;
  readonly from: string;
  readonly to: string;
  readonly number: number;
  readonly time: number;
  readonly again: boolean;
}

/** The first answer to a question; further ones are not told. */
export interface Answered {
  readonly type: "answered";
  readonly what: ExchangeKind;
  readonly segment: string;
  readonly from: string;
  readonly to: string;
  /** The answer. */
  readonly number: number;
  /** The question as it was last asked. */
  readonly question: number;
  /** Nanoseconds since then. */
  readonly delay: number;
  /** What was answered: a MAC address, addresses, a name. */
  readonly answer: string;
}

/** Something in a TCP connection's life. `client` and `server` as `10.0.0.1 port 4711`. */
export interface TcpFact {
  readonly type: "tcp";
  readonly segment: string;
  readonly client: string;
  readonly server: string;
  readonly number: number;
  readonly event: "segment" | "open" | "refused" | "reset" | "closed" | "resent" | "disordered" | "duplicate-ack";
  /** Bytes of data, with `segment`. */
  readonly bytes: number;
  readonly fromClient: boolean;
}

/** An address lent by DHCP. */
export interface LeaseFact {
  readonly type: "lease";
  readonly segment: string;
  readonly mac: string;
  readonly ip: string;
  readonly server: string;
  /** Seconds; 0 if not said. */
  readonly seconds: number;
  readonly number: number;
}
