/** Who answers echo requests at the right end: vethlab's own `answer` command in one of its gears, or the kernel. */
import { release } from "node:os";
import { packageFile, VERSION } from "../root.ts";
import { Agent, number } from "./agent.ts";
import { ANSWERER, ASKER, type Stage } from "./stage.ts";

export type Who = "event" | "block" | "spin" | "kernel";

export interface Answerer {
  readonly version: string;
  /** Ends it. @returns echo requests answered since it was started. */
  end(): Promise<number>;
}

/** Starts it, and returns when it is ready. */
export async function startAnswerer(stage: Stage, who: Who): Promise<Answerer> {
  if (who === "kernel") return kernel(stage);
  const script = packageFile("bin", "vethlab");
  const args = [
    "answer",
    "-I",
    stage.right.name,
    "--ip",
    ANSWERER.ip,
    "--mac",
    ANSWERER.mac,
    "--gear",
    who,
    "-q",
    "-j",
  ];
  const agent = new Agent(stage.spawn(stage.right, process.execPath, script, ...args));
  await agent.hear();
  return {
    version: VERSION,
    async end() {
      agent.signal("SIGINT");
      return number(await agent.hear(), "echo_answered");
    },
  };
}

function kernel(stage: Stage): Answerer {
  const { right } = stage;
  if (right.state().mac !== ANSWERER.mac) right.setMac(ANSWERER.mac);
  if (right.state().addresses.length === 0) right.addAddress(`${ANSWERER.ip}/24`);
  // Nobody answers ARP for whoever floods.
  right.namespace.ip(`neigh replace ${ASKER.ip} lladdr ${stage.left.state().mac} dev ${right.name} nud permanent`);
  const answered = () => right.namespace.snmp().get("Icmp.OutEchoReps") ?? 0;
  const before = answered();
  return { version: release(), end: async () => answered() - before };
}
