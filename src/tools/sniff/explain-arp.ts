/** ARP explained: questions and their answers, probes, announcements, and two stations that claim one address. */
import * as arp from "../../../packets/arp.ts";
import * as ethernet from "../../../packets/ethernet.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { type Explanation, type FrameKind, plain, type Subject } from "./explanation.ts";
import { Memory } from "./memory.ts";
import { duration, ordinal } from "./words.ts";

/** A question as it was first asked. */
interface Question {
  readonly number: number;
  readonly time: number;
  /** When it was last asked. */
  last: number;
  times: number;
  /** The frame that answered it, or 0. */
  answer: number;
  /** Who answered. */
  answerer: string;
}

/** Who was last seen with an address. */
interface Owner {
  readonly mac: string;
  readonly number: number;
}

export class ArpExplainer {
  private readonly questions: Memory<string, Question>;
  private readonly owners: Memory<string, Owner>;

  constructor(memory: number) {
    this.questions = new Memory(memory);
    this.owners = new Memory(memory);
  }

  /** Explains a packet that passed `arp.check`. */
  explain(subject: Subject): Explanation {
    const { buf, at } = subject;
    const found = this.explainPurpose(subject);
    const notes: string[] = [];
    const refersTo = [...found.refersTo];
    const conflict = this.noteOwner(subject);
    if (conflict !== null) {
      refersTo.push(conflict.number);
      const sender = ipv4.format(arp.senderIp(buf, at));
      notes.push(`Conflict: by #${conflict.number}, ${sender} is at ${conflict.mac}.`);
    }
    if (!mac.equal(buf, subject.frame + ethernet.SRC, buf, at + arp.SHA)) {
      const source = mac.format(buf, subject.frame + ethernet.SRC);
      notes.push(`The frame itself comes from ${source}: a proxy, or a forgery.`);
    }
    return { kind: found.kind, text: [found.text, ...notes].join(" "), refersTo: [...new Set(refersTo)] };
  }

  private explainPurpose(subject: Subject): Explanation {
    const { buf, at } = subject;
    const sender = ipv4.format(arp.senderIp(buf, at));
    const sha = mac.format(buf, at + arp.SHA);
    switch (arp.purpose(buf, at)) {
      case "request":
        return this.explainRequest(subject);
      case "probe":
        return this.explainProbe(subject);
      case "reply":
        return this.explainReply(subject);
      case "announcement":
        return plain("arp-announcement", `${sha} announces to everybody that ${sender} is its own.`);
      case "gratuitous-reply":
        return plain(
          "arp-gratuitous-reply",
          `${sha} announces, by a reply that nobody asked for, that ${sender} is its own.`,
        );
      case "reverse-request":
        return plain("arp-other", `${sha} asks which IPv4 address ${mac.format(buf, at + arp.THA)} has (RARP).`);
      case "reverse-reply": {
        const target = `${mac.format(buf, at + arp.THA)} has ${ipv4.format(arp.targetIp(buf, at))}`;
        return plain("arp-other", `${sender} tells that ${target} (RARP).`);
      }
      default:
        return plain("arp-other", `ARP ${arp.operationName(arp.operation(buf, at))} from ${sender} at ${sha}.`);
    }
  }

  private explainRequest(subject: Subject): Explanation {
    const { buf, at, time } = subject;
    const sender = ipv4.format(arp.senderIp(buf, at));
    const target = ipv4.format(arp.targetIp(buf, at));
    if (!ethernet.isMulticast(buf, subject.frame)) {
      this.ask(subject, sender, target);
      const dst = mac.format(buf, subject.frame + ethernet.DST);
      return plain("arp-request", `${sender} asks ${dst} alone, to check what it knows: do you still have ${target}?`);
    }
    const before = this.ask(subject, sender, target);
    if (before === null) {
      const who = `${sender} at ${mac.format(buf, at + arp.SHA)}`;
      return plain("arp-request", `${who} asks everybody: who has ${target}?`);
    }
    const silence = `nobody answered #${before.number}`;
    const again = `${sender} asks again after ${duration(time - before.last)}, the ${ordinal(before.times)} time`;
    before.last = time;
    return { kind: "arp-request", text: `${again}: who has ${target}? So far ${silence}.`, refersTo: [before.number] };
  }

  private explainProbe(subject: Subject): Explanation {
    const { buf, at, time } = subject;
    const target = ipv4.format(arp.targetIp(buf, at));
    const sha = mac.format(buf, at + arp.SHA);
    const before = this.ask(subject, "0.0.0.0", target);
    if (before === null) {
      const why = "It gives no address of its own, so that nobody learns a wrong one.";
      return plain("arp-probe", `${sha} probes whether anybody uses ${target}. ${why}`);
    }
    const again = `${sha} probes ${target} again after ${duration(time - before.last)}, the ${ordinal(before.times)} time`;
    before.last = time;
    return {
      kind: "arp-probe",
      text: `${again}: nobody has objected to #${before.number}.`,
      refersTo: [before.number],
    };
  }

  private explainReply(subject: Subject): Explanation {
    const { buf, at } = subject;
    const sender = ipv4.format(arp.senderIp(buf, at));
    const asker = ipv4.format(arp.targetIp(buf, at));
    const sha = mac.format(buf, at + arp.SHA);
    const claim = `${sender} is at ${sha}`;
    const question = this.questions.get(key(subject, asker, sender));
    if (question === undefined) {
      return plain("arp-reply", `${claim}, says a reply to a request that was not seen here.`);
    }
    const refersTo = [question.number];
    if (question.answer !== 0) {
      if (question.answerer === sha) {
        return reply(`${claim}: answers #${question.number} once more, as #${question.answer} did.`, refersTo);
      }
      refersTo.push(question.answer);
      return reply(`${claim}: a second station answers #${question.number}.`, refersTo);
    }
    question.answer = subject.number;
    question.answerer = sha;
    const delay = duration(subject.time - question.last);
    if (asker === "0.0.0.0") {
      return reply(`Answers the probe #${question.number} after ${delay}: ${sender} is taken, by ${sha}.`, refersTo);
    }
    const many = question.times > 1 ? `, asked ${question.times} times,` : "";
    return reply(`Answers #${question.number}${many} after ${delay}: ${claim}.`, refersTo);
  }

  /** Remembers a question. @returns it as it was first asked, if that was before and nobody has answered; else null. */
  private ask(subject: Subject, asker: string, target: string): Question | null {
    const id = key(subject, asker, target);
    const before = this.questions.get(id);
    if (before !== undefined && before.answer === 0) {
      before.times++;
      return before;
    }
    const { number, time } = subject;
    this.questions.set(id, { number, time, last: time, times: 1, answer: 0, answerer: "" });
    return null;
  }

  /** Remembers who has the sender's address. @returns who had it before, if that is somebody else; else null. */
  private noteOwner(subject: Subject): Owner | null {
    const { buf, at } = subject;
    const ip = arp.senderIp(buf, at);
    if (ip === ipv4.UNSPECIFIED) return null;
    const id = subject.vlan + ip;
    const before = this.owners.get(id);
    const owner = { mac: mac.format(buf, at + arp.SHA), number: subject.number };
    this.owners.set(id, owner);
    return before === undefined || before.mac === owner.mac ? null : before;
  }
}

function key(subject: Subject, asker: string, target: string): string {
  return `${subject.vlan}${asker} ${target}`;
}

function reply(text: string, refersTo: readonly number[]): Explanation {
  const kind: FrameKind = "arp-reply";
  return { kind, text, refersTo };
}
