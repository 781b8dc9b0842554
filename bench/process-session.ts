/** A contender in a process of its own, spoken to in lines: commands in, one JSON object out for each. See worker.ts. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Absent, Memory, Sample, Session } from "./harness.ts";

type Answer = Record<string, unknown>;

/** Starts a program and waits for its first line, which holds its version, or says why it cannot run. */
export async function openProcess(command: string, args: readonly string[]): Promise<Session | Absent> {
  const program = new Program(command, args);
  const { absent, version } = await program.answer();
  if (typeof absent === "string") {
    program.close();
    return { absent };
  }
  return {
    version: String(version),
    async warm(nanoseconds) {
      await program.ask(`warm ${nanoseconds}`);
    },
    async check() {
      return String((await program.ask("check")).value);
    },
    async round(nanoseconds): Promise<Sample> {
      return { value: Number((await program.ask(`round ${nanoseconds}`)).value) };
    },
    async memory(nanoseconds): Promise<Memory | null> {
      const { bytes, collections } = await program.ask(`memory ${nanoseconds}`);
      return typeof bytes === "number" && typeof collections === "number" ? { bytes, collections } : null;
    },
    close() {
      program.close();
    },
  };
}

class Program {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  readonly #name: string;
  #errors = "";

  constructor(command: string, args: readonly string[]) {
    this.#name = [command, ...args].join(" ");
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    // A program that cannot be started or has died shows by the end of its output; these events say nothing more.
    this.#child.on("error", (error) => {
      this.#errors += error.message;
    });
    this.#child.stdin.on("error", () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(command: string): Promise<Answer> {
    this.#child.stdin.write(`${command}\n`);
    return this.answer();
  }

  async answer(): Promise<Answer> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`${this.#name} ended early: ${this.#reason()}`);
    return JSON.parse(value) as Answer;
  }

  /** The line of its complaint that says most: Node's own begins with a place in the source. */
  #reason(): string {
    const lines = this.#errors.trim().split("\n");
    return lines.find((line) => /^\w*Error\b/.test(line)) ?? (lines[0] || "it gave no reason");
  }

  /** The end of its input ends it; so does our death, however we die. */
  close(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }
}
