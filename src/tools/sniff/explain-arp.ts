/** ARP explained: questions and their answers, probes, announcements; who claims which address is in owners.ts. */
import * as arp from "../../../packets/arp.ts";
import * as ethernet from "../../../packets/ethernet.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { Draft, plain, type Subject } from "./explanation.ts";
import type { ExchangeKind } from "./facts.ts";
import { Memory } from "./memory.ts";
import { type Claiming, Owners } from "./owners.ts";
import { duration, hashes, ordinal } from "./words.ts";

/** A question as it was first asked. */
interface Question {
  readonly number: number;
  readonly time: number;
  /** When it was last asked, and the frame that did. */
  last: number;
  lastNumber: number;
  times: number;
  /** The frame that answered it, or 0. */
  answer: number;
  /** Who answered. */
  answerer: string;
}

/** Somebody who probes for an address. */
interface Prober {
  readonly mac: string;
  readonly numbers: number[];
  last: number;
  /** The frame that objected, or 0. */
  objection: number;
}

/** Addresses that one station asks for. */
interface Asker {
  since: number;
  readonly first: number;
  targets: number;
  isTold: boolean;
}

const SECOND = 1e9;
/** RFC 1122, 2.3.2.1 allows a request a second for each destination; kernels' timers are a little early at times. */
const TOO_FAST = 0.9 * SECOND;
/** As long as probing and announcing take together (RFC 5227, 1.1), rounded up. */
const PROBING = 10 * SECOND;
const SCAN_TARGETS = 16;
const SCAN_WINDOW = 10 * SECOND;
/** Frames that one sentence names. */
const NAMED = 4;

export class ArpExplainer {
  private readonly questions: Memory<string, Question>;
  private readonly probers: Memory<string, Prober>;
  private readonly askers: Memory<string, Asker>;
  private readonly owners: Owners;

  constructor(memory: number) {
    this.questions = new Memory(memory);
    this.probers = new Memory(memory);
    this.askers = new Memory(memory);
    this.owners = new Owners(memory);
  }

  /** Explains a packet that passed `arp.check`. */
  explain(subject: Subject): Draft {
    const { buf, at } = subject;
    const claiming: Claiming = { isAnswer: false, isSecondAnswer: false };
    const draft = this.explainPurpose(subject, claiming);
    this.lookForProber(subject, draft);
    this.noteClaim(subject, draft, claiming);
    if (!mac.equal(buf, subject.frame + ethernet.SRC, buf, at + arp.SHA)) {
      const source = mac.format(buf, subject.frame + ethernet.SRC);
      draft.find("sender-mismatch", `The frame itself comes from ${source}: a proxy, or a forgery.`);
    }
    return draft;
  }

  private noteClaim(subject: Subject, draft: Draft, claiming: Claiming): void {
    const { buf, at } = subject;
    const ip = arp.senderIp(buf, at);
    const operation = arp.operation(buf, at);
    const isReverse = operation !== arp.Operation.Request && operation !== arp.Operation.Reply;
    if (ip === ipv4.UNSPECIFIED || isReverse) return;
    const sha = mac.format(buf, at + arp.SHA);
    if (mac.isMulticast(buf, at + arp.SHA) || mac.isZero(buf, at + arp.SHA)) {
      const what = mac.isZero(buf, at + arp.SHA) ? "is no address" : "is a group's, no station's";
      draft.find("group-mac-claimed", `Nobody may believe it: ${sha} ${what} (RFC 1812, 3.3.2).`);
      return;
    }
    const sender = ipv4.format(ip);
    if (!ipv4.isUnicast(ip)) {
      draft.find("bad-arp-address", `No station can have ${sender} (RFC 1122, 3.2.1.3).`);
      return;
    }
    const isReply = draft.kind === "arp-reply";
    const isAnnounced = draft.kind === "arp-announcement" || draft.kind === "arp-gratuitous-reply";
    const how = isReply ? "reply" : isAnnounced ? "announcement" : "request";
    this.owners.claim(subject, draft, { ...claiming, ip: sender, mac: sha, how, isReply, isAnnounced });
  }

  private explainPurpose(subject: Subject, claiming: Claiming): Draft {
    const { buf, at } = subject;
    const sender = ipv4.format(arp.senderIp(buf, at));
    const sha = mac.format(buf, at + arp.SHA);
    const isAt = `${sender} is at ${sha}`;
    switch (arp.purpose(buf, at)) {
      case "request":
        return this.explainRequest(subject);
      case "probe":
        return this.explainProbe(subject);
      case "reply":
        return this.explainReply(subject, claiming);
      case "announcement": {
        const text = `${sha} announces to everybody that ${sender} is its own.`;
        return this.afterProbes(subject, plain("arp-announcement", isAt, text));
      }
      case "gratuitous-reply": {
        const text = `${sha} announces, by a reply that nobody asked for, that ${sender} is its own.`;
        return this.afterProbes(subject, plain("arp-gratuitous-reply", isAt, text));
      }
      case "reverse-request": {
        const whose = mac.format(buf, at + arp.THA);
        return plain("arp-other", `RARP: my address?`, `${sha} asks which IPv4 address ${whose} has (RARP).`);
      }
      case "reverse-reply": {
        const target = `${mac.format(buf, at + arp.THA)} has ${ipv4.format(arp.targetIp(buf, at))}`;
        return plain(
          "arp-other",
          `RARP: ${ipv4.format(arp.targetIp(buf, at))}`,
          `${sender} tells that ${target} (RARP).`,
        );
      }
      default: {
        const name = arp.operationName(arp.operation(buf, at));
        return plain("arp-other", `ARP ${name}`, `ARP ${name} from ${sender} at ${sha}.`);
      }
    }
  }

  private explainRequest(subject: Subject): Draft {
    const { buf, at, time } = subject;
    const sender = ipv4.format(arp.senderIp(buf, at));
    const target = ipv4.format(arp.targetIp(buf, at));
    const draft = new Draft("arp-request", `who has ${target}?`);
    if (!isHost(arp.targetIp(buf, at))) {
      draft.find("bad-arp-address", `No station has ${target}: it asks in vain.`);
    }
    const before = this.ask(subject, "arp", sender, sender, target);
    if (!ethernet.isMulticast(buf, subject.frame)) {
      const dst = mac.format(buf, subject.frame + ethernet.DST);
      return draft.say(`${sender} asks ${dst} alone, to check what it knows: do you still have ${target}?`);
    }
    if (before === null) {
      draft.say(`${sender} at ${mac.format(buf, at + arp.SHA)} asks everybody: who has ${target}?`);
      return this.lookForScan(subject, draft);
    }
    const again = `${sender} asks again after ${duration(time - before.last)}, the ${ordinal(before.times)} time`;
    draft.say(`${again}: who has ${target}? So far nobody answered #${before.number}.`, before.number);
    if (time - before.last < TOO_FAST && time >= before.last) {
      draft.find("arp-too-fast", "A host asks for one address at most once a second (RFC 1122, 2.3.2.1).");
    }
    this.askedAgain(subject, before);
    return draft;
  }

  private explainProbe(subject: Subject): Draft {
    const { buf, at, time } = subject;
    const target = ipv4.format(arp.targetIp(buf, at));
    const sha = mac.format(buf, at + arp.SHA);
    const draft = new Draft("arp-probe", `anybody at ${target}?`);
    const before = this.ask(subject, "arp-probe", probing(sha), sha, target);
    if (before === null) {
      draft.say(`${sha} probes whether anybody uses ${target} (RFC 5227, 2.1).`);
      draft.say("It gives no address of its own, so that nobody learns a wrong one.");
    } else {
      const again = `${sha} probes ${target} again after ${duration(time - before.last)}, the ${ordinal(before.times)} time`;
      draft.say(`${again}: nobody has objected to #${before.number}.`, before.number);
      this.askedAgain(subject, before);
    }
    this.noteProber(subject, draft, sha, target);
    return draft;
  }

  private explainReply(subject: Subject, claiming: Claiming): Draft {
    const { buf, at } = subject;
    const sender = ipv4.format(arp.senderIp(buf, at));
    const asker = ipv4.format(arp.targetIp(buf, at));
    const sha = mac.format(buf, at + arp.SHA);
    const claim = `${sender} is at ${sha}`;
    const draft = new Draft("arp-reply", claim);
    const isProbed = arp.targetIp(buf, at) === ipv4.UNSPECIFIED;
    const from = isProbed ? mac.format(buf, at + arp.THA) : asker;
    const question = this.questions.get(key(subject, isProbed ? probing(from) : asker, sender));
    if (question === undefined) {
      return draft.find("unasked-reply", `${claim}, says a reply to a request that was not seen here.`);
    }
    claiming.isAnswer = true;
    if (question.answer !== 0) {
      if (question.answerer === sha) {
        const before = question.answer;
        return draft.say(
          `${claim}: answers #${question.number} once more, as #${before} did.`,
          question.number,
          before,
        );
      }
      claiming.isSecondAnswer = true;
      return draft.say(`${claim}: a second station answers #${question.number}.`, question.number, question.answer);
    }
    question.answer = subject.number;
    question.answerer = sha;
    const { segment, number, observe } = subject;
    observe?.({
      type: "answered",
      what: isProbed ? "arp-probe" : "arp",
      segment,
      from,
      to: sender,
      number,
      question: question.lastNumber,
      delay: subject.time - question.last,
      answer: sha,
    });
    const delay = duration(subject.time - question.last);
    if (isProbed) {
      const text = `Answers the probe #${question.number} after ${delay}: ${sender} is taken, by ${sha}.`;
      return draft.find("address-taken", text, question.number);
    }
    const many = question.times > 1 ? `, asked ${question.times} times,` : "";
    draft.say(`Answers #${question.number}${many} after ${delay}: ${claim}.`, question.number);
    if (ethernet.isMulticast(buf, subject.frame)) draft.say("It goes to everybody, although one asked.");
    return draft;
  }

  /** Remembers a question. @returns it as it was first asked, if that was before and nobody has answered; else null. */
  private ask(subject: Subject, what: ExchangeKind, id: string, from: string, to: string): Question | null {
    const { segment, number, time, observe } = subject;
    const before = this.questions.get(key(subject, id, to));
    const again = before !== undefined && before.answer === 0;
    observe?.({ type: "asked", what, segment, from, to, number, time, again });
    if (again) {
      before.times++;
      return before;
    }
    const question = { number, time, last: time, lastNumber: number, times: 1, answer: 0, answerer: "" };
    this.questions.set(key(subject, id, to), question);
    return null;
  }

  private askedAgain(subject: Subject, question: Question): void {
    question.last = subject.time;
    question.lastNumber = subject.number;
  }

  private noteProber(subject: Subject, draft: Draft, sha: string, target: string): void {
    const id = subject.segment + target;
    const before = this.probers.get(id);
    const isRecent = before !== undefined && subject.time - before.last < PROBING;
    if (isRecent && before.mac === sha) {
      before.last = subject.time;
      if (before.numbers.length < NAMED) before.numbers.push(subject.number);
      return;
    }
    if (isRecent && before.objection === 0) {
      const first = before.numbers[0]!;
      const text = `Conflict: ${before.mac} probes for it as well (#${first}), so neither may take it (RFC 5227, 2.1.1).`;
      draft.find("probe-conflict", text, first);
    }
    this.probers.set(id, { mac: sha, numbers: [subject.number], last: subject.time, objection: 0 });
  }

  /** An announcement by one who has probed says that nobody objected. */
  private afterProbes(subject: Subject, draft: Draft): Draft {
    const { buf, at, time } = subject;
    const prober = this.probers.get(subject.segment + ipv4.format(arp.senderIp(buf, at)));
    if (prober === undefined || prober.mac !== mac.format(buf, at + arp.SHA) || time - prober.last > PROBING)
      return draft;
    const probes = hashes(prober.numbers);
    if (prober.objection === 0) {
      return draft.say(`Nobody has objected to its probing (${probes}), so it may (RFC 5227, 2.3).`, ...prober.numbers);
    }
    const text = `It should not: #${prober.objection} objected to its probing (${probes}).`;
    return draft.find("duplicate-address", text, prober.objection, ...prober.numbers);
  }

  /** Any packet from a probed address is an objection (RFC 5227, 2.1.1). */
  private lookForProber(subject: Subject, draft: Draft): void {
    const { buf, at, time } = subject;
    const sender = arp.senderIp(buf, at);
    if (sender === ipv4.UNSPECIFIED) return;
    const prober = this.probers.get(subject.segment + ipv4.format(sender));
    if (prober === undefined || prober.objection !== 0 || time - prober.last > PROBING) return;
    if (prober.mac === mac.format(buf, at + arp.SHA)) return;
    prober.objection = subject.number;
    // A reply to the probe has said so.
    if (draft.kind === "arp-reply") return;
    const probe = prober.numbers[prober.numbers.length - 1]!;
    const text = `So ${prober.mac}, which probes for this address (#${probe}), must not take it (RFC 5227, 2.1.1).`;
    draft.find("address-taken", text, probe);
  }

  private lookForScan(subject: Subject, draft: Draft): Draft {
    const { buf, at, time, number } = subject;
    const id = subject.segment + mac.format(buf, at + arp.SHA);
    const asker = this.askers.get(id);
    if (asker === undefined || time - asker.since > SCAN_WINDOW) {
      this.askers.set(id, { since: time, first: number, targets: 1, isTold: asker?.isTold ?? false });
      return draft;
    }
    asker.targets++;
    if (asker.targets < SCAN_TARGETS || asker.isTold) return draft;
    asker.isTold = true;
    const text = `It has asked for ${asker.targets} addresses since #${asker.first}: it looks through the network.`;
    return draft.find("arp-scan", text, asker.first);
  }
}

/** True for an address that a station may have on a wire; 0.0.0.0 counts as one. */
function isHost(ip: number): boolean {
  return ip === ipv4.UNSPECIFIED || ipv4.isUnicast(ip);
}

/** Probers have no address yet: they are told apart by their MAC. */
function probing(sha: string): string {
  return `probing ${sha}`;
}

function key(subject: Subject, asker: string, target: string): string {
  return `${subject.segment}${asker} ${target}`;
}
