/** Multicast listener discovery explained (RFC 2710, RFC 3810): IPv6's IGMP. */
import * as ethernet from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import * as icmp from "../../../packets/icmpv6.ts";
import * as address from "../../../packets/ipv6-address.ts";
import * as mac from "../../../packets/mac.ts";
import * as mld from "../../../packets/mld.ts";
import { cutShort, Draft, malformed, plain, type Subject } from "./explanation.ts";
import { joining, Queries } from "./groups.ts";
import type { IpPacket } from "./transport.ts";
import { list } from "./words.ts";

/** Group records that one sentence names. */
const NAMED = 4;
const ALL = "::";

export class MldExplainer {
  private readonly queries: Queries;

  constructor(memory: number) {
    this.queries = new Queries(memory);
  }

  explain(subject: Subject, packet: IpPacket): Draft {
    const { buf } = subject;
    const { payload: at, end, src } = packet;
    const fault = mld.check(buf, at, end);
    if (fault === Fault.Truncated) return cutShort(subject, "MLD, cut", `MLD from ${src}, cut short.`);
    if (fault !== Fault.None) return malformed("MLD, malformed", `MLD from ${src} of a length that cannot be.`);
    const type = icmp.type(buf, at);
    if (type === icmp.Type.MulticastListenerReportV2) return this.explainReport(subject, packet);
    const group = address.format(buf, at + mld.GROUP);
    if (type === icmp.Type.MulticastListenerQuery) {
      const seconds = mld.maxDelay(buf, at, end - at) / 1000;
      const sender = mac.format(buf, subject.frame + ethernet.SRC);
      subject.observe?.({ type: "role", mac: sender, role: "router", number: subject.number });
      const what = group === ALL ? "which groups anybody wants" : `whether anybody wants the group ${group}`;
      const draft = new Draft("mld", "MLD: who wants groups?");
      return this.queries.ask(
        subject,
        draft.say(`${src} asks ${what}, to be answered within ${seconds} s (MLD).`),
        group,
      );
    }
    if (type === icmp.Type.MulticastListenerDone) {
      return plain("mld", `MLD: I leave ${group}`, `${src} does not want the packets of the group ${group} any more.`);
    }
    const draft = new Draft("mld", `MLD: I want ${group}`).say(`${src} wants the packets of the group ${group} (MLD).`);
    return this.queries.answer(subject, draft, [group], ALL);
  }

  private explainReport(subject: Subject, { payload: at, src }: IpPacket): Draft {
    const { buf } = subject;
    const groups: string[] = [];
    const wishes: string[] = [];
    const count = mld.recordCount(buf, at);
    let record = at + mld.RECORDS;
    for (let i = 0; i < Math.min(count, NAMED); i++) {
      // Type, length of auxiliary data, number of sources, group.
      const group = address.format(buf, record + 4);
      groups.push(group);
      wishes.push(joining(group, buf[record]!, buf[record + 2]! * 256 + buf[record + 3]!));
      record += mld.recordLength(buf, record);
    }
    const left = count - NAMED;
    const more = left > 0 ? `, and of ${left === 1 ? "one more" : `${left} more`}` : "";
    const draft = new Draft("mld", `MLD: about ${groups[0] ?? "nothing"}`);
    draft.say(
      `${src} tells what it wants of ${count === 1 ? "a group" : `${count} groups`} (MLDv2): ${list(wishes)}${more}.`,
    );
    return this.queries.answer(subject, draft, groups, ALL);
  }
}
