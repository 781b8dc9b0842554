/** A checkout in a temporary folder with the real scripts, and stand-ins for npm and tsc that note when they are called. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

// Begins like `npm ci`, by throwing everything away; a file `hold` in the checkout's folder keeps it from going on.
const NPM = `
import { appendFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
appendFileSync("calls", "npm " + process.argv[2] + "\\n");
rmSync("node_modules", { recursive: true, force: true });
mkdirSync("node_modules/typescript/bin", { recursive: true });
while (existsSync("hold")) await new Promise((done) => setTimeout(done, 10));
cpSync("tsc.js", "node_modules/typescript/bin/tsc");
writeFileSync("node_modules/typescript/package.json", '{ "type": "module" }');
mkdirSync("node_modules/rolldown", { recursive: true });
cpSync("rolldown.js", "node_modules/rolldown/index.js");
writeFileSync("node_modules/rolldown/package.json", '{ "type": "module", "exports": "./index.js" }');
cpSync("package-lock.json", "node_modules/.package-lock.json");
`;

const ROLLDOWN = `
import { cpSync, mkdirSync } from "node:fs";
export async function rolldown({ input }) {
  return {
    async write({ dir }) {
      mkdirSync(dir, { recursive: true });
      cpSync(input.command, dir + "/command.js");
      return { output: [{ fileName: "command.js" }] };
    },
    async close() {},
  };
}
`;

const TSC = `
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
appendFileSync("calls", "tsc\\n");
const source = readFileSync("src/cli/main.ts", "utf8");
if (source.includes("mistake")) {
  console.log("src/cli/main.ts(1,1): error TS1: a mistake");
  process.exit(1);
}
mkdirSync("dist/src/cli", { recursive: true });
writeFileSync("dist/src/cli/main.js", source);
`;

const MAIN = `
export async function main(argv) {
  console.log(JSON.stringify({ argv, parent: process.env.VETHLAB_PARENT }));
  return 3;
}
`;

/** How a script ended, and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A script that runs. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  said(text: string): Promise<void>;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 10));
}

export class FakeCheckout {
  readonly folder = mkdtempSync(join(tmpdir(), "vethlab checkout "));

  constructor() {
    for (const name of ["scripts", "bin", "tsconfig.json", "tsconfig.build.json", "package.json"]) {
      cpSync(join(ROOT, name), join(this.folder, name), { recursive: true });
    }
    this.write("package-lock.json", JSON.stringify({ packages: { "node_modules/typescript": { version: "7.0.0" } } }));
    this.write("src/cli/main.ts", MAIN);
    this.write("tsc.js", TSC);
    this.write("rolldown.js", ROLLDOWN);
    this.write("npm-cli.js", NPM);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(join(this.path(name), ".."), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** Calls of npm and tsc since the last time, in order. */
  calls(): string[] {
    if (!existsSync(this.path("calls"))) return [];
    const lines = readFileSync(this.path("calls"), "utf8").trim().split("\n");
    rmSync(this.path("calls"));
    return lines;
  }

  /** Starts a script as npm does; `ended` settles when it is over, `said` when it has printed a text as an error. */
  start(script: string, ...args: string[]): Started {
    const env = { ...process.env, npm_execpath: this.path("npm-cli.js") };
    const child = spawn(process.execPath, [this.path(script), ...args], { cwd: this.folder, env });
    const text = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text.stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      text.stderr += chunk;
    });
    return {
      child,
      ended: new Promise((done) => child.on("close", (code) => done({ code, ...text }))),
      said: (wanted) => until(() => text.stderr.includes(wanted)),
    };
  }

  run(script: string, ...args: string[]): Promise<Ended> {
    return this.start(script, ...args).ended;
  }

  /** Waits until npm or tsc was called. */
  called(): Promise<void> {
    return until(() => existsSync(this.path("calls")));
  }

  remove(): void {
    if (existsSync(this.path("node_modules"))) chmodSync(this.path("node_modules"), 0o755);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
