/** Echo requests and replies, of ICMP and ICMPv6 alike: which reply belongs to which request, and what came back. */
import { Draft, type Subject } from "./explanation.ts";
import { Memory } from "./memory.ts";
import { count, duration, ordinal } from "./words.ts";

export interface EchoMessage {
  readonly src: string;
  readonly dst: string;
  readonly identifier: number;
  readonly sequence: number;
  /** Bytes of data. */
  readonly bytes: number;
  /** The Internet checksum of its data, to see whether all of it comes back; -1 if not all of it was captured. */
  readonly sum: number;
}

/** An echo request that was seen. */
interface Echo {
  readonly number: number;
  readonly time: number;
  readonly bytes: number;
  readonly sum: number;
  replies: number;
}

export class Echoes {
  private readonly echoes: Memory<string, Echo>;

  constructor(memory: number) {
    this.echoes = new Memory(memory);
  }

  request(subject: Subject, message: EchoMessage): Draft {
    const { segment, number, time, observe } = subject;
    const { src, dst, sequence, bytes, sum } = message;
    const draft = new Draft("echo-request", `ping ${dst}, ${sequence}`);
    const id = key(subject, src, dst, message);
    const before = this.echoes.get(id);
    const again = before !== undefined && before.replies === 0;
    observe?.({ type: "asked", what: "echo", segment, from: src, to: dst, number, time, again });
    this.echoes.set(id, { number, time, bytes, sum, replies: 0 });
    const question = `${src} pings ${dst}: echo request ${sequence}`;
    if (!again) return draft.say(`${question} with ${count(bytes, "byte")} of data.`);
    const since = duration(time - before.time);
    const text = `${question} again, ${since} after #${before.number}, which got no reply.`;
    return draft.find("echo-repeated", text, before.number);
  }

  reply(subject: Subject, message: EchoMessage): Draft {
    const { segment, number, time, observe } = subject;
    const { src, dst, sequence, bytes } = message;
    const draft = new Draft("echo-reply", `echo reply ${sequence}`);
    const request = this.echoes.get(key(subject, dst, src, message));
    if (request === undefined) {
      return draft.say(`${src} sends ${dst} echo reply ${sequence}, to a request that was not seen here.`);
    }
    request.replies++;
    if (request.replies > 1) {
      const text = `${src} answers #${request.number} for the ${ordinal(request.replies)} time: a duplicate.`;
      return draft.find("duplicate-reply", text, request.number);
    }
    const delay = time - request.time;
    const question = request.number;
    observe?.({ type: "answered", what: "echo", segment, from: dst, to: src, number, question, delay, answer: "" });
    const answer = `${src} answers #${question} after ${duration(delay)}`;
    if (message.sum < 0 || request.sum < 0) return draft.say(`${answer}.`, question);
    if (bytes !== request.bytes) {
      const text = `${answer}, but with ${count(bytes, "byte")} of data instead of ${request.bytes}.`;
      return draft.find("echo-changed", text, question);
    }
    if (message.sum !== request.sum) {
      return draft.find("echo-changed", `${answer}, but the data have changed on the way.`, question);
    }
    return draft.say(`${answer}, and returns the ${count(bytes, "byte")} of data.`, question);
  }
}

function key(subject: Subject, asker: string, asked: string, message: EchoMessage): string {
  return `${subject.segment}${asker} ${asked} ${message.identifier} ${message.sequence}`;
}
