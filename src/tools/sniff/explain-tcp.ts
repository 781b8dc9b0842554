/**
 * TCP explained (RFC 9293): connections asked for, accepted, refused, closed and broken off; which segment acknowledges
 * which, and what is sent again or out of order.
 */
import { getI32, getU16 } from "../../../packets/bytes.ts";
import { cutShort, Draft, malformed, type Subject } from "./explanation.ts";
import type { TcpFact } from "./facts.ts";
import { Memory } from "./memory.ts";
import { type Connection, newConnection, type Segment, type Side, Streams } from "./tcp-streams.ts";
import { endpoint, type IpPacket, noteChecksum } from "./transport.ts";
import { count, duration, ordinal } from "./words.ts";

const HEADER_LENGTH = 20;
const SEQUENCE = 4;
const ACKNOWLEDGEMENT = 8;
const DATA_OFFSET = 12;
const FLAGS = 13;
const WINDOW = 14;
const CHECKSUM = 16;
const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;

export class TcpExplainer {
  private readonly connections: Memory<string, Connection>;
  private readonly streams = new Streams();

  constructor(memory: number) {
    this.connections = new Memory(memory);
  }

  explain(subject: Subject, packet: IpPacket): Draft {
    const { buf } = subject;
    const { payload: at, end, src, dst } = packet;
    if (end - at < HEADER_LENGTH) return cutShort(subject, "TCP, cut", `TCP from ${src} to ${dst}, cut short.`);
    const from = endpoint(src, getU16(buf, at));
    const to = endpoint(dst, getU16(buf, at + 2));
    const header = (buf[at + DATA_OFFSET]! >> 4) << 2;
    if (header < HEADER_LENGTH || header > packet.length) {
      const text = `TCP from ${from} to ${to} whose header of ${count(header, "byte")} cannot be: hosts drop it silently.`;
      return malformed("TCP, malformed", text);
    }
    const draft = this.explainSegment(subject, {
      from,
      to,
      flags: buf[at + FLAGS]!,
      sequence: getI32(buf, at + SEQUENCE),
      acknowledgement: getI32(buf, at + ACKNOWLEDGEMENT),
      window: getU16(buf, at + WINDOW),
      bytes: packet.length - header,
    });
    noteChecksum(subject, draft, packet, CHECKSUM, "TCP");
    return draft;
  }

  private explainSegment(subject: Subject, segment: Segment): Draft {
    const connection = this.connectionOf(subject, segment);
    const isFromClient = segment.from === connection.client;
    const mine = isFromClient ? connection.clientSide : connection.serverSide;
    const other = isFromClient ? connection.serverSide : connection.clientSide;
    const tell = (event: TcpFact["event"]) => {
      const { client, server } = connection;
      const { number, observe, segment: where } = subject;
      const bytes = event === "segment" ? segment.bytes : 0;
      observe?.({ type: "tcp", segment: where, client, server, number, event, bytes, fromClient: isFromClient });
    };
    tell("segment");
    const { flags } = segment;
    if ((flags & RST) !== 0) return this.explainReset(subject, segment, connection, mine, tell);
    if ((flags & SYN) !== 0 && (flags & ACK) === 0)
      return this.explainOpening(subject, segment, connection, mine, tell);
    if ((flags & SYN) !== 0) return this.explainAccepting(subject, segment, connection, mine, tell);
    return this.explainStream(subject, segment, connection, mine, other, tell);
  }

  /** The connection that a segment belongs to; a new one if it was not seen yet, or begins anew. */
  private connectionOf(subject: Subject, segment: Segment): Connection {
    const { from, to, flags } = segment;
    const key = subject.segment + (from < to ? `${from} ${to}` : `${to} ${from}`);
    const known = this.connections.get(key);
    const opens = (flags & (SYN | ACK | RST)) === SYN;
    const isAnew =
      opens && known !== undefined && (known.isOver || known.syn !== 0) && known.initial !== segment.sequence;
    if (known !== undefined && !isAnew) return known;
    // Without the beginning, the lower port is taken for the server's: that is what servers have.
    const accepts = (flags & (SYN | ACK)) === (SYN | ACK);
    const isFromClient = opens || (!accepts && portOf(from) >= portOf(to));
    const connection = newConnection(isFromClient ? from : to, isFromClient ? to : from);
    this.connections.set(key, connection);
    return connection;
  }

  private explainOpening(
    subject: Subject,
    segment: Segment,
    connection: Connection,
    mine: Side,
    tell: (event: TcpFact["event"]) => void,
  ): Draft {
    const { from, to } = segment;
    const draft = new Draft("tcp", "TCP SYN");
    const { number, time, observe, segment: where } = subject;
    const before = connection.syn;
    observe?.({ type: "asked", what: "tcp", segment: where, from, to, number, time, again: before > 0 });
    this.streams.begin(subject, mine, segment.sequence);
    const since = time - connection.synTime;
    connection.synTime = time;
    if (before === 0) {
      connection.syn = number;
      connection.initial = segment.sequence;
      return draft.say(`${from} asks for a connection to ${to} by TCP.`);
    }
    tell("resent");
    const text = `${from} asks again, ${duration(since)} later, for the connection to ${to} of #${before}: no answer so far.`;
    return draft.find("tcp-resent", text, before);
  }

  private explainAccepting(
    subject: Subject,
    segment: Segment,
    connection: Connection,
    mine: Side,
    tell: (event: TcpFact["event"]) => void,
  ): Draft {
    const { from, to } = segment;
    const draft = new Draft("tcp", "TCP SYN, ACK");
    const { number, time, observe, segment: where } = subject;
    this.streams.begin(subject, mine, segment.sequence);
    if (connection.accepted > 0) {
      tell("resent");
      const text = `${from} accepts the connection of ${to} once more, as #${connection.accepted} did: no acknowledgement came.`;
      return draft.find("tcp-resent", text, connection.accepted);
    }
    connection.accepted = number;
    const question = connection.syn;
    if (question === 0) return draft.say(`${from} accepts a connection of ${to}, which was not seen here.`);
    const delay = time - connection.synTime;
    observe?.({
      type: "answered",
      what: "tcp",
      segment: where,
      from: to,
      to: from,
      number,
      question,
      delay,
      answer: "",
    });
    return draft.say(
      `${from} accepts the connection of ${to} that #${question} asks for, after ${duration(delay)}.`,
      question,
    );
  }

  private explainReset(
    subject: Subject,
    segment: Segment,
    connection: Connection,
    mine: Side,
    tell: (event: TcpFact["event"]) => void,
  ): Draft {
    const { from, to } = segment;
    const draft = new Draft("tcp", "TCP RST");
    const wasOver = connection.isOver;
    connection.isOver = true;
    const { number, time, observe, segment: where } = subject;
    const question = connection.syn;
    if (question > 0 && connection.accepted === 0 && from === connection.server) {
      if (wasOver) return draft.say(`${from} refuses the connection of #${question} once more.`, question);
      const delay = time - connection.synTime;
      observe?.({
        type: "answered",
        what: "tcp",
        segment: where,
        from: to,
        to: from,
        number,
        question,
        delay,
        answer: "",
      });
      tell("refused");
      const text = `${from} refuses the connection that #${question} asks for, after ${duration(delay)}: nobody listens there.`;
      return draft.find("tcp-refused", text, question);
    }
    if (wasOver) return draft.say(`${from} says to ${to} that this connection does not exist any more.`);
    tell("reset");
    const lost = mine.fin > 0 ? " It had closed its own side before." : "";
    return draft.find("tcp-reset", `${from} breaks off the connection to ${to} at once.${lost}`);
  }

  private explainStream(
    subject: Subject,
    segment: Segment,
    connection: Connection,
    mine: Side,
    other: Side,
    tell: (event: TcpFact["event"]) => void,
  ): Draft {
    const { from, to, flags, bytes } = segment;
    const hasFin = (flags & FIN) !== 0;
    const draft = new Draft("tcp", hasFin ? "TCP FIN" : bytes > 0 ? `TCP, ${count(bytes, "byte")}` : "TCP ACK");
    const { number } = subject;
    const isThird = !connection.isOpen && connection.accepted > 0 && from === connection.client;
    if (isThird && (flags & ACK) !== 0) {
      connection.isOpen = true;
      tell("open");
      const handshake = [connection.syn, connection.accepted].filter((one) => one > 0);
      if (bytes === 0 && !hasFin) {
        this.streams.acknowledge(mine, other, segment, number);
        const steps = handshake.map((one) => `#${one}`).join(" and ");
        return draft.say(
          `The third step after ${steps}: the connection of ${from} to ${to} stands (RFC 9293, 3.5).`,
          ...handshake,
        );
      }
    }
    const sent = this.streams.send(subject, mine, other, segment, hasFin);
    const acked = (flags & ACK) !== 0 ? this.streams.acknowledge(mine, other, segment, number) : null;
    const acks = acked === null || acked.number === 0 ? "" : `#${acked.number}`;
    if (bytes > 0) {
      const with_ = acks === "" ? "" : `, and acknowledges ${acks}`;
      draft.say(`${from} sends ${count(bytes, "byte")} to ${to} by TCP${with_}.`, acked?.number ?? 0);
    } else if (!hasFin) {
      if (sent.kind === "keep-alive")
        draft.say(`${from} asks ${to} whether the connection is still alive (RFC 9293, 3.8.4).`);
      else if (acks !== "")
        draft.say(
          `${from} acknowledges ${acks} of ${to}, after ${duration(subject.time - acked!.time)}.`,
          acked!.number,
        );
      else draft.say(`${from} sends or acknowledges data to ${to} by TCP.`);
    }
    if (sent.kind === "again") {
      tell("resent");
      const first =
        sent.number > 0
          ? `as #${sent.number} did${sent.isAcked ? ", although that was acknowledged" : ""}`
          : "which were sent before";
      draft.find("tcp-resent", `It sends ${hasFin && bytes === 0 ? "its end" : "data"} again, ${first}.`, sent.number);
    } else if (sent.kind === "gap") {
      tell("disordered");
      draft.find(
        "tcp-disordered",
        `${count(sent.missing, "byte")} before it have not been seen: lost, or still on the way.`,
      );
    } else if (sent.kind === "fills") {
      tell("disordered");
      draft.find(
        "tcp-disordered",
        `It fills the gap before #${sent.number}: out of order, or sent again.`,
        sent.number,
      );
    }
    if (hasFin) this.explainEnd(subject, draft, segment, connection, mine, other, tell);
    if (acked !== null && acked.duplicates > 0) {
      const repeats = `It repeats the acknowledgement of #${acked.first}, for the ${ordinal(acked.duplicates)} time: data are missing.`;
      if (acked.duplicates !== 3) draft.say(repeats, acked.first);
      else {
        tell("duplicate-ack");
        draft.find("tcp-duplicate-ack", `${repeats} The sender should send them at once (RFC 5681, 3.2).`, acked.first);
      }
    }
    if (segment.window === 0 && mine.window !== 0) {
      draft.find("tcp-window-closed", "It has no room for more data: the other side must wait (RFC 9293, 3.8.6).");
    }
    mine.window = segment.window;
    return draft;
  }

  private explainEnd(
    subject: Subject,
    draft: Draft,
    segment: Segment,
    connection: Connection,
    mine: Side,
    other: Side,
    tell: (event: TcpFact["event"]) => void,
  ): void {
    const { from, to } = segment;
    const isNew = mine.fin === 0;
    if (isNew) mine.fin = subject.number;
    if (other.fin === 0) {
      draft.say(`${from} has nothing more to send to ${to}, and still takes what comes (RFC 9293, 3.6).`);
      return;
    }
    draft.say(
      `${from} has nothing more to send either, as ${to} in #${other.fin}: with its acknowledgement the connection is closed.`,
      other.fin,
    );
    if (isNew) tell("closed");
    connection.isOver = true;
  }
}

function portOf(end: string): number {
  return Number(end.slice(end.lastIndexOf(" ") + 1));
}
