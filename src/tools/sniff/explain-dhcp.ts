/** DHCP explained (RFC 2131): discover, offer, request, acknowledgement; what is lent to whom, refused, and given back. */
import { getI32, getU32 } from "../../../packets/bytes.ts";
import * as dhcp from "../../../packets/dhcp.ts";
import * as ethernet from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { Draft, plain, type Subject } from "./explanation.ts";
import { Memory } from "./memory.ts";
import { duration, quoted } from "./words.ts";

const { MessageType, Option } = dhcp;

/** What a client and its servers have said to each other in one transaction. */
interface Transaction {
  /** The last discover and request, and the first offer: frames, or 0. */
  discover: number;
  request: number;
  offer: number;
  discoverTime: number;
  requestTime: number;
  /** Who offered. */
  server: string;
  answered: boolean;
}

/** What the options say that matters here; 0 and empty where they do not. */
interface Options {
  type: number;
  server: number;
  requested: number;
  lease: number;
  message: string;
  name: string;
}

interface Message extends Options {
  readonly client: string;
  readonly own: number;
  readonly your: number;
}

export class DhcpExplainer {
  private readonly transactions: Memory<string, Transaction>;
  private readonly cursor = new dhcp.OptionCursor();

  constructor(memory: number) {
    this.transactions = new Memory(memory);
  }

  /** @returns null if it is no DHCP message, whatever the ports say. */
  explain(subject: Subject, at: number, end: number, src: string): Draft | null {
    const { buf } = subject;
    if (dhcp.check(buf, at, end) !== Fault.None) return null;
    const client = mac.format(buf, at + dhcp.CHADDR);
    const options = this.readOptions(buf, at, end);
    if (options.type === 0) return explainBootp(buf, at, client, src);
    const key = `${subject.segment}${client} ${dhcp.transactionId(buf, at)}`;
    let transaction = this.transactions.get(key);
    if (transaction === undefined) {
      const times = { discoverTime: 0, requestTime: 0 };
      transaction = { discover: 0, request: 0, offer: 0, ...times, server: "", answered: false };
      this.transactions.set(key, transaction);
    }
    const message = { ...options, client, own: dhcp.clientIp(buf, at), your: dhcp.yourIp(buf, at) };
    return this.explainMessage(subject, message, transaction, src);
  }

  private explainMessage(subject: Subject, message: Message, transaction: Transaction, src: string): Draft {
    const { client } = message;
    const draft = new Draft("dhcp", `DHCP ${dhcp.messageName(message.type)}`);
    switch (message.type) {
      case MessageType.Discover:
        return this.explainDiscover(subject, draft, message, transaction);
      case MessageType.Offer:
        return this.explainOffer(subject, draft, message, transaction, src);
      case MessageType.Request:
        return this.explainRequest(subject, draft, message, transaction);
      case MessageType.Ack:
        return this.explainAck(subject, draft, message, transaction, src);
      case MessageType.Nak: {
        this.answer(subject, client, LEASE, transaction.request, transaction.requestTime, "refused");
        const why = message.message === "" ? "" : `, saying ${message.message}`;
        const about = transaction.request === 0 ? "" : ` that #${transaction.request} asks for`;
        const text = `The DHCP server ${serverOf(message, src)} refuses ${client} the address${about}${why}: it must begin anew.`;
        return draft.find("dhcp-refused", text, transaction.request);
      }
      case MessageType.Decline: {
        const what = address.format(message.requested);
        const text = `${client} declines ${what}, which it was lent: somebody else uses it already.`;
        return draft.find("dhcp-declined", text);
      }
      case MessageType.Release:
        return draft.say(`${client} gives ${address.format(message.own)} back to the DHCP server.`);
      case MessageType.Inform:
        return draft.say(
          `${address.format(message.own)} has an address, and asks the DHCP server for everything else.`,
        );
      default:
        return draft.say(`A DHCP message about ${client}: ${dhcp.messageName(message.type)}.`);
    }
  }

  private explainDiscover(subject: Subject, draft: Draft, message: Message, transaction: Transaction): Draft {
    const { client, name } = message;
    const before = transaction.discover;
    this.ask(subject, client, OFFER, before > 0 && !transaction.answered);
    const since = subject.time - transaction.discoverTime;
    transaction.discover = subject.number;
    transaction.discoverTime = subject.time;
    const called = name === "" ? "" : `, called ${name},`;
    if (before > 0 && transaction.offer === 0) {
      return draft.say(
        `${client} looks for a DHCP server again, ${duration(since)} after #${before}, which got no offer.`,
        before,
      );
    }
    return draft.say(`${client}${called} has no address, and asks everybody for a DHCP server (RFC 2131, 3.1).`);
  }

  private explainOffer(subject: Subject, draft: Draft, message: Message, transaction: Transaction, src: string): Draft {
    const { client } = message;
    const server = serverOf(message, src);
    this.noteServer(subject);
    const what = address.format(message.your);
    draft.label = `DHCP offer: ${what}`;
    const text = `The DHCP server ${server} offers ${client} the address ${what}${lent(message.lease)}`;
    if (transaction.discover === 0) draft.say(`${text}.`);
    else {
      const delay = duration(subject.time - transaction.discoverTime);
      draft.say(`${text}: answers #${transaction.discover} after ${delay}.`, transaction.discover);
    }
    if (transaction.offer === 0) {
      this.answer(subject, client, OFFER, transaction.discover, transaction.discoverTime, what);
      transaction.offer = subject.number;
      transaction.server = server;
    } else if (transaction.server !== server) {
      const other = `Another server, ${transaction.server}, has made an offer already (#${transaction.offer}).`;
      draft.find("dhcp-two-servers", other, transaction.offer);
    }
    return draft;
  }

  private explainRequest(subject: Subject, draft: Draft, message: Message, transaction: Transaction): Draft {
    const { client, own, requested } = message;
    const before = transaction.request;
    const again = before > 0 && !transaction.answered;
    this.ask(subject, client, LEASE, again);
    const since = subject.time - transaction.requestTime;
    transaction.request = subject.number;
    transaction.requestTime = subject.time;
    transaction.answered = false;
    const what = address.format(requested === 0 ? own : requested);
    draft.label = `DHCP request: ${what}`;
    if (again) {
      return draft.say(
        `${client} asks for ${what} again, ${duration(since)} after #${before}, which got no answer.`,
        before,
      );
    }
    if (own !== 0)
      return draft.say(`${client} asks whether it may keep its address ${what} for longer (RFC 2131, 4.4.5).`);
    if (transaction.offer > 0) {
      const text = `${client} takes the offer #${transaction.offer}: it asks for ${what}, and tells other servers so.`;
      return draft.say(text, transaction.offer);
    }
    return draft.say(`${client} asks whether it may have ${what} again, which it had before (RFC 2131, 3.2).`);
  }

  private explainAck(subject: Subject, draft: Draft, message: Message, transaction: Transaction, src: string): Draft {
    const { client, lease, your, own } = message;
    const { segment, number, observe, time } = subject;
    const server = serverOf(message, src);
    this.noteServer(subject);
    const what = address.format(your === 0 ? own : your);
    draft.label = `DHCP ack: ${what}`;
    if (your === 0) return draft.say(`The DHCP server ${server} tells ${what} what it asked for.`);
    transaction.answered = true;
    observe?.({ type: "lease", segment, mac: client, ip: what, server, seconds: lease, number });
    const text = `The DHCP server ${server} lends ${client} the address ${what}${lent(lease)}`;
    if (transaction.request === 0) return draft.say(`${text}; the request was not seen here.`);
    this.answer(subject, client, LEASE, transaction.request, transaction.requestTime, what);
    const delay = duration(time - transaction.requestTime);
    return draft.say(`${text}: answers #${transaction.request} after ${delay}.`, transaction.request);
  }

  private noteServer(subject: Subject): void {
    const sender = mac.format(subject.buf, subject.frame + ethernet.SRC);
    subject.observe?.({ type: "role", mac: sender, role: "DHCP server", number: subject.number });
  }

  private ask({ segment, number, time, observe }: Subject, from: string, to: string, again: boolean): void {
    observe?.({ type: "asked", what: "dhcp", segment, from, to, number, time, again });
  }

  private answer(subject: Subject, from: string, to: string, question: number, asked: number, answer: string): void {
    if (question === 0) return;
    const { segment, number, time, observe } = subject;
    const delay = time - asked;
    observe?.({ type: "answered", what: "dhcp", segment, from, to, number, question, delay, answer });
  }

  private readOptions(buf: Uint8Array, at: number, end: number): Options {
    const found: Options = { type: 0, server: 0, requested: 0, lease: 0, message: "", name: "" };
    const { cursor } = this;
    if (cursor.start(buf, at, end) !== Fault.None) return found;
    while (cursor.next()) {
      const { code, data, dataEnd } = cursor;
      const length = dataEnd - data;
      if (code === Option.MessageType && length === 1) found.type = buf[data]!;
      else if (code === Option.ServerId && length === 4) found.server = getI32(buf, data);
      else if (code === Option.RequestedAddress && length === 4) found.requested = getI32(buf, data);
      else if (code === Option.LeaseTime && length === 4) found.lease = getU32(buf, data);
      else if (code === Option.Message) found.message = quoted(buf.subarray(data, dataEnd));
      else if (code === Option.HostName) found.name = quoted(buf.subarray(data, dataEnd));
    }
    return found;
  }
}

/** What a client asks for. */
const OFFER = "an offer";
const LEASE = "an address";
const FOREVER = 0xffffffff;

function serverOf(message: Message, src: string): string {
  return message.server === 0 ? src : address.format(message.server);
}

function lent(seconds: number): string {
  if (seconds === 0) return "";
  return seconds === FOREVER ? " for ever" : ` for ${seconds} s`;
}

function explainBootp(buf: Uint8Array, at: number, client: string, src: string): Draft {
  if (dhcp.op(buf, at) === dhcp.Op.Reply) {
    const your = address.format(dhcp.yourIp(buf, at));
    return plain("dhcp", "BOOTP reply", `${src} tells ${client} that its address is ${your} (BOOTP, RFC 951).`);
  }
  return plain("dhcp", "BOOTP request", `${client} asks for its address (BOOTP, RFC 951).`);
}
