/** A process inside a lab that is told what to do in lines, and answers each with a JSON object. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export type Answer = Readonly<Record<string, unknown>>;

export class Agent {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = "";

  /** @param child with pipes for all three streams. */
  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    child.stdin?.on("error", () => {});
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** What it says next, unasked. */
  async hear(): Promise<Answer> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`a process of the benchmark ended early: ${this.#errors.trim().split("\n")[0] ?? ""}`);
    return JSON.parse(value) as Answer;
  }

  async ask(line: string): Promise<Answer> {
    this.#child.stdin?.write(`${line}\n`);
    return this.hear();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end. @returns what it wrote to standard error. */
  async end(signal: NodeJS.Signals): Promise<string> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once("close", resolve));
      this.#child.kill(signal);
      await ended;
    }
    return this.#errors;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }
}

/** The number of that name in an answer. */
export function number(answer: Answer, name: string): number {
  return Number(answer[name]);
}
