/** Spanning tree explained (IEEE 802.1D): which bridge is the root, who says so, and when the tree changes. */
import * as ethernet from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import * as mac from "../../../packets/mac.ts";
import * as stp from "../../../packets/stp.ts";
import { cutShort, Draft, malformed, plain, type Subject } from "./explanation.ts";
import { Memory } from "./memory.ts";
import { duration } from "./words.ts";

/** What a bridge's port last said. */
interface Hello {
  readonly number: number;
  readonly time: number;
  readonly root: string;
  readonly changes: boolean;
}

/** Bytes of a bridge identifier's priority, before its MAC address. */
const PRIORITY_LENGTH = 2;

export class StpExplainer {
  private readonly hellos: Memory<string, Hello>;

  constructor(memory: number) {
    this.hellos = new Memory(memory);
  }

  explain(subject: Subject): Draft {
    const { buf, at, end } = subject;
    const sender = mac.format(buf, subject.frame + ethernet.SRC);
    switch (stp.check(buf, at, end)) {
      case Fault.None:
        break;
      case Fault.Truncated:
        return cutShort(subject, "STP, cut", `A spanning tree message of ${sender} that is cut short.`);
      default:
        return malformed(
          "STP, malformed",
          `A spanning tree message of ${sender} that makes no sense: bridges drop it.`,
        );
    }
    subject.observe?.({ type: "role", mac: sender, role: "bridge", number: subject.number });
    const type = stp.type(buf, at);
    if (type === stp.BpduType.TopologyChange) {
      const text = `The bridge at ${sender} tells the way to the root that a link came or went.`;
      return new Draft("stp", "STP: topology change").find("topology-change", text);
    }
    if (type !== stp.BpduType.Config && type !== stp.BpduType.Rapid) {
      return plain("stp", `STP ${stp.typeName(type)}`, `A spanning tree message of ${sender}, of an unknown type.`);
    }
    return this.explainConfig(subject, sender);
  }

  private explainConfig(subject: Subject, sender: string): Draft {
    const { buf, at, number, time } = subject;
    const root = bridgeAt(buf, at + stp.ROOT_ID);
    const bridge = bridgeAt(buf, at + stp.BRIDGE_ID);
    const draft = new Draft("stp", root === bridge ? "STP: I am the root" : `STP: root is ${root}`);
    const changes = (stp.flags(buf, at) & stp.Flag.TopologyChange) !== 0;
    const key = `${subject.segment}${bridge} ${stp.portId(buf, at)}`;
    const before = this.hellos.get(key);
    this.hellos.set(key, { number, time, root, changes });
    if (root === bridge) {
      subject.observe?.({ type: "role", mac: sender, role: "root bridge", number });
      draft.say(`The bridge ${bridge} says that it is the root of the spanning tree (IEEE 802.1D).`);
    } else {
      const cost = stp.rootPathCost(buf, at);
      draft.say(`The bridge ${bridge} says that the root of the spanning tree is ${root}, at a cost of ${cost}.`);
    }
    if (before !== undefined && before.root !== root) {
      draft.find("root-changed", `In #${before.number} it said that the root was ${before.root}.`, before.number);
    } else if (before !== undefined) {
      draft.say(`The same as #${before.number}, ${duration(time - before.time)} before.`, before.number);
    }
    if (changes && before?.changes !== true) {
      draft.find("topology-change", "A link came or went: bridges forget early which stations are where.");
    }
    return draft;
  }
}

/** `32768.02:00:00:00:00:01`: a lower priority wins, then a lower MAC. */
function bridgeAt(buf: Uint8Array, at: number): string {
  return `${buf[at]! * 256 + buf[at + 1]!}.${mac.format(buf, at + PRIORITY_LENGTH)}`;
}
