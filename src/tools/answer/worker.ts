/** The thread of `startAnswerThread`. */
import { parentPort, workerData } from "node:worker_threads";
import { drive } from "../../link/drive.ts";
import { openPacketLink, type PacketLink } from "../../link/packet.ts";
import { realClock } from "../../stack/clock.ts";
import { Host } from "../../stack/host.ts";
import { startAnswer } from "./answer.ts";
import { SharedCounters } from "./shared.ts";
import type { AnswerJob, AnswerMessage, AnswerRequest } from "./thread.ts";

/** Counters are brought up to date this often: reading the kernel's is a system call. */
const COUNT_MS = 100;
/** Holds what arrives while the thread is not running, a few milliseconds of a flood. */
const RING_BYTES = 16 << 20;

const port = parentPort!;

function say(message: AnswerMessage): void {
  port.postMessage(message);
}

function open(job: AnswerJob): PacketLink | null {
  const { namespace } = job;
  try {
    return openPacketLink(job.interface, { namespace, wake: "calls", ringBytes: RING_BYTES });
  } catch (error) {
    const { name, message } = error as Error;
    say({ type: "failed", name, message });
    return null;
  }
}

async function answer(job: AnswerJob, link: PacketLink): Promise<void> {
  const shared = new SharedCounters(job.shared);
  const host = new Host(link, job.host);
  const run = startAnswer(host, job.options, {
    clock: realClock,
    out: (text) => say({ type: "out", text }),
    err: (text) => say({ type: "err", text }),
  });
  port.on("message", (request: AnswerRequest) => run[request]());
  const count = () => {
    const { received, arpAnswered, echoAnswered, txFailed } = host.stats();
    shared.write({ received, lost: link.stats().rxDropped, arpAnswered, echoAnswered, txFailed });
  };
  const counting = setInterval(count, COUNT_MS);
  let isOver = false;
  const isStopped = () => {
    if (shared.isStopped) run.interrupt();
    return isOver || shared.isStopped;
  };
  drive(link, job.gear, isStopped);
  const code = await run.done;
  isOver = true;
  clearInterval(counting);
  count();
  link.close();
  say({ type: "done", code });
  port.close();
}

const job = workerData as AnswerJob;
const link = open(job);
if (link === null) port.close();
else await answer(job, link);
