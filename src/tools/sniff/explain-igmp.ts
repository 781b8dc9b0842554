/** IGMP explained (RFC 2236, RFC 3376): who wants which group's packets, and the router that asks for it. */
import * as ethernet from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import * as igmp from "../../../packets/igmp.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { cutShort, Draft, plain, type Subject } from "./explanation.ts";
import { joining, Queries } from "./groups.ts";
import type { IpPacket } from "./transport.ts";
import { list } from "./words.ts";

const { Type } = igmp;
/** Group records that one sentence names. */
const NAMED = 4;

export class IgmpExplainer {
  private readonly queries: Queries;

  constructor(memory: number) {
    this.queries = new Queries(memory);
  }

  explain(subject: Subject, packet: IpPacket): Draft {
    const { buf } = subject;
    const { payload: at, end, src } = packet;
    if (igmp.check(buf, at, end) !== Fault.None) return cutShort(subject, "IGMP, cut", `IGMP from ${src}, cut short.`);
    const draft = this.explainType(subject, packet);
    const isWhole = !packet.isFragment && !subject.isCut && at + packet.length === end;
    if (isWhole && !igmp.checksumOk(buf, at, end)) {
      draft.find("bad-checksum", "Its IGMP checksum is wrong: routers drop it silently (RFC 3376, 4.1.2).");
    }
    return draft;
  }

  private explainType(subject: Subject, packet: IpPacket): Draft {
    const { buf } = subject;
    const { payload: at, src } = packet;
    const type = igmp.type(buf, at);
    const version = igmp.version(buf, at, packet.length);
    const group = address.format(igmp.group(buf, at));
    switch (type) {
      case Type.Query: {
        const time = igmp.maxResponseTime(buf, at, packet.length) / 10;
        const sender = mac.format(buf, subject.frame + ethernet.SRC);
        subject.observe?.({ type: "role", mac: sender, role: "router", number: subject.number });
        const isGeneral = igmp.group(buf, at) === 0;
        const draft = new Draft("igmp", isGeneral ? "IGMP: who wants groups?" : `IGMP: who wants ${group}?`);
        const limit = version === 1 ? "" : `, to be answered within ${time} s`;
        const what = isGeneral ? "which groups anybody wants" : `whether anybody wants the group ${group}`;
        return this.queries.ask(subject, draft.say(`${src} asks ${what}${limit} (IGMPv${version}).`), group);
      }
      case Type.ReportV1:
      case Type.ReportV2: {
        const draft = new Draft("igmp", `IGMP: I want ${group}`);
        draft.say(`${src} wants the packets of the group ${group} (IGMPv${version}).`);
        return this.queries.answer(subject, draft, [group], "0.0.0.0");
      }
      case Type.Leave:
        return plain(
          "igmp",
          `IGMP: I leave ${group}`,
          `${src} does not want the packets of the group ${group} any more.`,
        );
      case Type.ReportV3:
        return this.explainReport(subject, packet);
      default: {
        const name = igmp.typeName(type);
        return plain("igmp", `IGMP ${name}`, `${src} sends an IGMP ${name}.`);
      }
    }
  }

  private explainReport(subject: Subject, packet: IpPacket): Draft {
    const { buf } = subject;
    const { payload: at, src } = packet;
    const groups: string[] = [];
    const wishes: string[] = [];
    const count = igmp.recordCount(buf, at);
    let record = at + igmp.RECORDS;
    for (let i = 0; i < Math.min(count, NAMED); i++) {
      const group = address.format(igmp.group(buf, record));
      groups.push(group);
      wishes.push(joining(group, buf[record]!, buf[record + 2]! * 256 + buf[record + 3]!));
      record += igmp.recordLength(buf, record);
    }
    const left = count - NAMED;
    const more = left > 0 ? `, and of ${left === 1 ? "one more" : `${left} more`}` : "";
    const draft = new Draft("igmp", `IGMP: about ${groups[0] ?? "nothing"}`);
    draft.say(
      `${src} tells what it wants of ${count === 1 ? "a group" : `${count} groups`} (IGMPv3): ${list(wishes)}${more}.`,
    );
    return this.queries.answer(subject, draft, groups, "0.0.0.0");
  }
}
