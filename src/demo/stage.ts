/** What an act works with: a lab that tells its steps, a sniffer on the wire, programs, predictions. */
import * as ipv4 from "../../packets/ipv4-address.ts";
import { Lab } from "../lab/lab.ts";
import type { LabNamespace } from "../lab/namespace.ts";
import type { Port } from "../lab/port.ts";
import type { Link } from "../link/link.ts";
import { realClock } from "../stack/clock.ts";
import type { Host } from "../stack/host.ts";
import { HostTransport } from "../tools/ping/host-transport.ts";
import { startPing } from "../tools/ping/ping.ts";
import type { Statistics } from "../tools/ping/statistics.ts";
import { type KernelPing, runKernelPing } from "./kernel-ping.ts";
import { lineWriter, type Narrator } from "./narrator.ts";
import type { Recorder, Watching } from "./recorder.ts";
import type { Check } from "./result.ts";

/** Frames arrive within microseconds; this long without one, and there are no more. */
const QUIET_MS = 25;

export class Stage {
  readonly lab: Lab;
  readonly checks: Check[] = [];
  readonly commands: string[] = [];
  readonly #narrator: Narrator;
  readonly #recorder: Recorder;
  readonly #act: number;
  readonly #links: Link[] = [];
  /** What stands before a command so that, typed in the first namespace's shell, it runs in that namespace. */
  readonly #prefixes = new Map<string, string>();
  #silent = false;

  constructor(act: number, narrator: Narrator, recorder: Recorder) {
    this.#act = act;
    this.#narrator = narrator;
    this.#recorder = recorder;
    this.lab = Lab.create({ onStep: ({ namespace, command }) => this.command(command, namespace) });
  }

  /** The act's first namespace: all commands are shown as typed in a shell there. */
  addShell(label: string): LabNamespace {
    this.#prefixes.set(label, "");
    return this.lab.addNamespace(label);
  }

  /** A further namespace, made by a process that lives there and is known by its PID, as in the article. */
  addProcess(label: string): { namespace: LabNamespace; pid: number } {
    this.#silent = true;
    const namespace = this.lab.addNamespace(label);
    const { pid } = namespace.hold();
    this.#silent = false;
    namespace.shownAs = String(pid);
    this.#prefixes.set(label, `nsenter --net --target ${pid} `);
    this.command("unshare --net sleep 600 &", "", `a process in a namespace of its own: PID ${pid}`);
    this.command("ip link set dev lo up", label);
    return { namespace, pid };
  }

  /** Shows a command that does what is being done, so that it can be typed. */
  command(text: string, namespace = "", remark = ""): void {
    if (this.#silent) return;
    const typed = `${this.#prefixes.get(namespace) ?? ""}${text}`;
    this.commands.push(typed);
    this.#narrator.command(typed, remark);
  }

  say(text: string): void {
    this.#narrator.prose("", text);
  }

  blank(): void {
    this.#narrator.blank();
  }

  /** Shows every frame that enters or leaves a port from now on, with what it means. */
  watch(port: Port): Watching {
    const link = port.openLink({ outgoing: true });
    this.#links.push(link);
    this.command(`tcpdump -i ${port.name} -n &`, port.namespace.label);
    return this.#recorder.watch(link, this.#act);
  }

  /** Opens a port for a host of ours; closed with the act. */
  openLink(port: Port): Link {
    const link = port.openLink();
    this.#links.push(link);
    return link;
  }

  /** Lets the kernel's own ping ask, showing what it prints. */
  async ping(namespace: LabNamespace, ...args: string[]): Promise<KernelPing> {
    this.command(`ping ${args.join(" ")}`, namespace.label);
    const result = await runKernelPing(namespace, args, (line) => this.#narrator.said("ping", line));
    await this.settle();
    return result;
  }

  /** Lets a host of ours ask, `count` times, showing what our ping prints. */
  async ownPing(host: Host, target: string, count: number): Promise<Statistics> {
    const [source] = host.identity.prefixes;
    const interval = 200;
    const from = source === undefined ? "" : ` --source-ip ${ipv4.formatPrefix(source)}`;
    this.command(`vethlab ping -I ${host.link.name}${from} -c ${count} -i ${interval / 1000} ${target}`);
    const out = lineWriter((line) => this.#narrator.said("vethlab ping", line));
    const transport = new HostTransport(host, { dst: ipv4.parse(target) ?? 0 });
    const run = startPing(
      transport,
      { target, address: target, count, intervalMs: interval },
      { clock: realClock, out, err: out, unixMicros: () => Date.now() * 1000 },
    );
    await run.done;
    transport.close();
    await this.settle();
    return run.statistics;
  }

  /** Waits until no frame has come for a moment. */
  async settle(): Promise<void> {
    let before = -1;
    while (this.#recorder.frames !== before) {
      before = this.#recorder.frames;
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    }
  }

  /** A prediction and what was seen of it; the act went well only if all came true. */
  check(what: string, ok: boolean, seen: string | number): void {
    this.checks.push({ what, ok, seen: String(seen) });
    this.#narrator.check(ok, what, String(seen));
  }

  /** Predicts a number. */
  checkEqual(what: string, expected: number, seen: number): void {
    this.check(what, seen === expected, seen === expected ? `${seen}` : `expected ${expected}, saw ${seen}`);
  }

  close(): void {
    for (const link of this.#links) link.close();
    this.lab.close();
  }
}
