/** What the time to live (IPv6: hop limit) of a packet tells. */
import type { Draft, Subject } from "./explanation.ts";
import { Memory } from "./memory.ts";
import { count } from "./words.ts";

/** What systems begin with: Linux and macOS 64, Windows 128, routers 255. */
const INITIAL = [64, 128, 255];
/** Paths longer than that are rare. */
const LONGEST_PATH = 32;

export class Hops {
  private readonly told: Memory<string, true>;

  constructor(memory: number) {
    this.told = new Memory(memory);
  }

  /** @param ttl 0 to 255. @param name `time to live` or `hop limit`. @param isGroup true if it goes to a group. */
  note(subject: Subject, draft: Draft, src: string, dst: string, ttl: number, name: string, isGroup: boolean): void {
    if (ttl === 0) {
      draft.find("ttl-zero", `Its ${name} is 0: it should not be on the wire any more (RFC 1122, 3.2.1.7).`);
      return;
    }
    if (isGroup) return;
    if (ttl === 1) {
      if (this.isNew(`${subject.segment}${src} ${dst}`)) {
        draft.say(
          `Its ${name} is 1: a router must not pass it on, but tells its sender so; traceroute works that way.`,
        );
      }
      return;
    }
    const initial = INITIAL.find((value) => value >= ttl)!;
    const hops = initial - ttl;
    if (hops === 0 || hops > LONGEST_PATH || !this.isNew(`${subject.segment}${src}`)) return;
    draft.say(`Its ${name} is ${ttl}: it has probably passed ${count(hops, "router")}, if it set out with ${initial}.`);
  }

  private isNew(key: string): boolean {
    if (this.told.get(key) === true) return false;
    this.told.set(key, true);
    return true;
  }
}
