/** Multicast groups, of IGMP and MLD alike: queries, and the reports that answer them. */
import { RecordType } from "../../../packets/igmp.ts";
import type { Draft, Subject } from "./explanation.ts";
import { Memory } from "./memory.ts";
import { count, duration } from "./words.ts";

interface Query {
  readonly number: number;
  readonly time: number;
}

/** A report long after a query is not its answer: the longest time to answer is 31,744 s, the usual one 10 s. */
const ANSWERABLE = 30e9;

export class Queries {
  private readonly queries: Memory<string, Query>;

  constructor(memory: number) {
    this.queries = new Memory(memory);
  }

  /** @param group the one that is asked for; the unspecified address for all. */
  ask(subject: Subject, draft: Draft, group: string): Draft {
    this.queries.set(subject.segment + group, { number: subject.number, time: subject.time });
    return draft;
  }

  /** Adds to the draft of a report which query it answers. @param all what queries for all groups name. */
  answer(subject: Subject, draft: Draft, groups: readonly string[], all: string): Draft {
    for (const group of [...groups, all]) {
      const query = this.queries.get(subject.segment + group);
      if (query === undefined || subject.time - query.time > ANSWERABLE) continue;
      return draft.say(`It answers #${query.number}, after ${duration(subject.time - query.time)}.`, query.number);
    }
    return draft;
  }
}

/** What a group record says, in words. @param sources how many senders it names. */
export function joining(group: string, type: number, sources: number): string {
  const from = sources === 0 ? "" : ` from ${count(sources, "sender")}`;
  const except = sources === 0 ? "" : `, except from ${count(sources, "sender")}`;
  switch (type) {
    case RecordType.ModeIsInclude:
    case RecordType.AllowNewSources:
      return sources === 0 ? `nothing of ${group}` : `${group}${from}`;
    case RecordType.ChangeToInclude:
      return sources === 0 ? `${group} no longer` : `${group} now only${from}`;
    case RecordType.ModeIsExclude:
      return `${group}${except}`;
    case RecordType.ChangeToExclude:
      return `${group} from now on${except}`;
    case RecordType.BlockOldSources:
      return `${group} no longer${from}`;
    default:
      return `something unknown of ${group}`;
  }
}
