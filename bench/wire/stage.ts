/**
 * What cases on a wire run on: two namespaces and a virtual cable, one processor for each end where the machine has two.
 * Each contender has a stage of its own, so that none inherits another's sockets.
 */
import { type ChildProcess, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Lab } from "../../src/lab/lab.ts";
import type { Port } from "../../src/lab/port.ts";
import { findProgram } from "../../src/linux/process.ts";
import type { Absent } from "../harness.ts";
import { Agent } from "./agent.ts";

/** Who answers echo requests, at the right end. */
export const ANSWERER = { ip: "10.0.0.2", mac: "02:76:0a:00:00:02" } as const;
/** Who asks, at the left end. */
export const ASKER = { ip: "10.0.0.1" } as const;

export class Stage {
  readonly #lab: Lab;
  readonly left: Port;
  readonly right: Port;

  private constructor(lab: Lab, left: Port, right: Port) {
    this.#lab = lab;
    this.left = left;
    this.right = right;
  }

  static open(): Stage | Absent {
    try {
      const { lab, ve0, ve1 } = Lab.pair();
      return new Stage(lab, ve0, ve1);
    } catch (error) {
      return { absent: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Starts a program at an end, on that end's processor. */
  spawn(port: Port, program: string, ...args: string[]): ChildProcess {
    const taskset = availableParallelism() > 1 && findProgram("taskset") !== null;
    const cpu = port === this.left ? "0" : "1";
    const [command, ...rest] = taskset ? ["taskset", "-c", cpu, program, ...args] : [program, ...args];
    return port.namespace.spawn(command!, rest, { stdio: ["pipe", "pipe", "pipe"] });
  }

  /** Starts one of bench/wire's own scripts there, and waits for its first word. */
  async agent(port: Port, script: string, ...args: string[]): Promise<Agent> {
    const path = fileURLToPath(new URL(`./${script}.js`, import.meta.url));
    const agent = new Agent(this.spawn(port, process.execPath, path, port.name, ...args));
    await agent.hear();
    return agent;
  }

  close(): void {
    this.#lab.close();
  }
}

/** The first line of what `COMMAND --version` says, or null if there is no such command. */
export function versionOf(command: string, flag = "--version"): string | null {
  if (findProgram(command) === null) return null;
  const { stdout, stderr } = spawnSync(findProgram(command)!, [flag], { encoding: "utf8" });
  return `${stdout}${stderr}`.trim().split("\n")[0] ?? "";
}

/** True for `--quick`: rounds are meant to be short. */
export function isQuick(nanoseconds: number): boolean {
  return nanoseconds < 50e6;
}
