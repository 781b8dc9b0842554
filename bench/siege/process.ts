/** Processes of a siege: started in a namespace, looked at through /proc, and ended one by one. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { LabNamespace } from "../../src/lab/namespace.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly #lines: string[] = [];
  #next: ((line: string) => void) | null = null;

  /** @param talks its lines are read one by one with {@link line}, and not kept. */
  constructor(namespace: LabNamespace | null, program: string, args: readonly string[], talks = false) {
    const begin = () => spawn(program, args, { stdio: [talks ? "pipe" : "ignore", "pipe", "pipe"] });
    const child = namespace === null ? begin() : namespace.kernel.run(begin);
    this.child = child;
    let stdout = "";
    let stderr = "";
    if (talks) createInterface({ input: child.stdout! }).on("line", (line) => this.#take(line));
    else
      child.stdout!.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
      });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, stdout, stderr }));
    });
  }

  /** The next line that it says. */
  line(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    const gone = this.ended.then(({ code, stderr }) => {
      throw new Error(`${this.child.spawnfile} ended with ${code}: ${stderr}`);
    });
    return Promise.race([new Promise<string>((resolve) => (this.#next = resolve)), gone]);
  }

  /** Asks with a line, and waits for one. */
  ask(): Promise<string> {
    this.child.stdin!.write("\n");
    return this.line();
  }

  /** Resident memory in bytes. */
  memory(): number {
    return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(this.#read("status"))?.[1]);
  }

  /** Processor time so far, in seconds. */
  processor(): number {
    const stat = this.#read("stat");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // USER_HZ is 100 everywhere.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  end(): void {
    this.child.kill("SIGKILL");
  }

  #take(line: string): void {
    const next = this.#next;
    this.#next = null;
    if (next === null) this.#lines.push(line);
    else next(line);
  }

  #read(file: string): string {
    return readFileSync(`/proc/${this.child.pid}/${file}`, "utf8");
  }
}
