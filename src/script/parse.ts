/**
 * Reads scripts: a file holds one test, or several that each begin with `test`. The language is told in docs/scripts.md.
 */
import { checkVariables } from "./check-variables.ts";
import type { FrameSpec } from "./frame.ts";
import { parseFrame } from "./parse-frame.ts";
import { parseClaimWish, parseHost, parseSocketWish } from "./parse-host.ts";
import { SetupBuilder } from "./parse-setup.ts";
import { parseSpan, parseWhen } from "./parse-time.ts";
import {
  DEVICE_KINDS,
  type DeviceKind,
  framesOf,
  type Level,
  type Script,
  type Step,
  type TimedStep,
  type When,
} from "./script.ts";
import { ScriptError, Words } from "./tokens.ts";
import { type Operand, parseOperand } from "./value.ts";

const LEVEL = /^(MUST NOT|MUST|SHOULD NOT|SHOULD|MAY)\b\s*/;
const STATES = ["INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "PERMANENT"];

interface Draft {
  readonly line: number;
  readonly id: string;
  readonly level: Level;
  readonly source: string;
  readonly title: string;
  readonly setup: SetupBuilder;
  readonly steps: TimedStep[];
  readonly differs: Map<DeviceKind, string>;
  readonly skipped: Map<DeviceKind, string>;
}

/**
 * @param file its name, for messages.
 * @throws {ScriptError} with line and column.
 */
export function parseScripts(text: string, file: string): Script[] {
  try {
    return new Reader(text, file).read();
  } catch (error) {
    if (error instanceof ScriptError) throw new ScriptError(error.message, error.line, error.column, file);
    throw error;
  }
}

/** Titles and steps are shown on terminals, to which these characters are commands. */
const CONTROLS = /(?!\t)[\p{Cc}\p{Bidi_Control}]/u;

function refuseControls(text: string, line: number): void {
  const found = CONTROLS.exec(text);
  if (found === null) return;
  const code = found[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  throw new ScriptError(`U+${code} is a control character: a script is plain text`, line, found.index + 1);
}

class Reader {
  readonly #lines: readonly string[];
  readonly #file: string;
  #at = 0;

  constructor(text: string, file: string) {
    this.#lines = text.split(/\r?\n/);
    this.#file = file;
  }

  read(): Script[] {
    const common = new SetupBuilder();
    const drafts: Draft[] = [];
    let draft: Draft | null = null;
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#at + 1;
      const text = this.#lines[this.#at]!;
      refuseControls(text, line);
      const words = new Words(/^\s*(test|\w+ differs|not on \w+)\b/.test(text) ? "" : text, line);
      const header = /^\s*test\b(.*)$/.exec(text);
      if (header !== null) {
        draft = this.#draft(header[1]!, line, common.copy());
        drafts.push(draft);
        continue;
      }
      const note = /^\s*(?:(\w+) differs|not on (\w+)):\s*(.*)$/.exec(text);
      if (note !== null) {
        draft ??= this.#only(drafts, common);
        const kinds = devices(note[1] ?? note[2]!, new Words(text, line));
        for (const kind of kinds) (note[1] === undefined ? draft.skipped : draft.differs).set(kind, note[3]!.trim());
        continue;
      }
      if (/^\s*(\w+ differs|not on \w+)\b/.test(text))
        throw new ScriptError("after the device a colon and the reason: `kernel differs: …`", line, text.length + 1);
      if (words.done) continue;
      if (words.accept("use")) {
        (draft?.setup ?? common).use(words);
        continue;
      }
      draft ??= this.#only(drafts, common);
      draft.steps.push(this.#step(words, text));
    }
    if (drafts.length === 0) throw new ScriptError("there is no test in this file", 1, 1);
    return drafts.map((done) => this.#finish(done));
  }

  get #name(): string {
    return this.#file.replace(/^.*\//, "").replace(/\.\w+$/, "");
  }

  /** A file without a `test` line is one test, named after the file. */
  #only(drafts: Draft[], common: SetupBuilder): Draft {
    const draft = this.#draft("", this.#at + 1, common);
    drafts.push(draft);
    return draft;
  }

  #draft(header: string, line: number, setup: SetupBuilder): Draft {
    const [, before = "", after] = /^(.*?):\s+(.*)$/.exec(header) ?? [];
    let rest = before.trim();
    const id = /^\d+[a-z]*\b/.exec(rest)?.[0] ?? "";
    rest = rest.slice(id.length).trim();
    const level = (LEVEL.exec(rest)?.[1] ?? "") as Level;
    const source = rest.replace(LEVEL, "").trim();
    const title = (after ?? header).trim();
    return {
      line,
      id,
      level,
      source,
      title: title || this.#name,
      setup,
      steps: [],
      differs: new Map(),
      skipped: new Map(),
    };
  }

  #finish({ setup, ...draft }: Draft): Script {
    if (draft.steps.length === 0) throw new ScriptError("this test has no steps", draft.line, 1);
    const built = setup.build(draft.steps.some(({ step }) => framesOf(step).some(isArp)));
    checkVariables(built, draft.steps);
    const heading = /^#\s*(.+)$/.exec(this.#lines[0]!)?.[1] ?? this.#name;
    return { file: this.#file, heading, ...draft, setup: built };
  }

  #step(words: Words, text: string): TimedStep {
    const { line } = words;
    let only: readonly DeviceKind[] | null = null;
    if (words.accept("only")) {
      only = devices(words.take("a device"), words);
      words.demand(":", "after the device");
    }
    let when: When | null = null;
    if (words.accept("at")) when = parseWhen(words);
    const step = this.#action(words);
    if (step.kind === "wait") when = whenOfWait(words, when);
    words.finish();
    return { line, text, when, step, only };
  }

  #action(words: Words): Step {
    const column = words.column;
    if (words.accept("inject")) return inject(words);
    if (words.accept("let")) {
      const name = variable(words);
      words.demand("=", "after the variable");
      const port = onPort(words);
      return { kind: "let", name, port, frame: parseFrame(words) };
    }
    if (words.accept("ignore")) return { kind: "ignore", frame: parseFrame(words) };
    if (words.accept("wait")) return { kind: "wait" };
    if (words.accept("host")) return { kind: "host", action: parseHost(words) };
    if (words.accept("expect")) return this.#expect(words);
    return words.fail(`\`${words.peek()}\` is no step: write inject, expect, let, host, wait, ignore or use`, column);
  }

  #expect(words: Words): Step {
    if (words.accept("host")) return parseSocketWish(words);
    const port = onPort(words);
    if (words.accept("nothing")) {
      const frame = words.done || words.peek() === "for" ? null : parseFrame(words);
      return { kind: "nothing", frame, port, seconds: words.accept("for") ? parseSpan(words) : null };
    }
    if (words.accept("no", "neighbour")) return { kind: "entry", ip: ip(words), mac: null, states: [], isAbsent: true };
    if (words.accept("neighbour")) return neighbour(words);
    if (words.accept("claim")) return parseClaimWish(words);
    if (words.accept("in", "any", "order")) {
      const within = words.accept("within") ? parseSpan(words) : null;
      words.demand("{", "and then a frame on each line");
      words.finish();
      return { kind: "any-order", frames: this.#block(words), within, port };
    }
    const isOptional = words.accept("maybe");
    const count = /^(\d+)(?:\.\.(\d+))?$/.exec(words.peek());
    if (count !== null) {
      words.take("a number");
      words.accept("times");
    }
    const min = Number(count?.[1] ?? 1);
    const times = { min: isOptional ? 0 : min, max: Number(count?.[2] ?? min) };
    const frame = parseFrame(words);
    const within = words.accept("within") ? parseSpan(words) : null;
    return { kind: "expect", frame, times, isOptional, within, save: saved(words), port };
  }

  #block(opening: Words): { frame: FrameSpec; line: number }[] {
    const frames: { frame: FrameSpec; line: number }[] = [];
    while (++this.#at < this.#lines.length) {
      const words = new Words(this.#lines[this.#at]!, this.#at + 1);
      if (words.done) continue;
      if (words.accept("}")) {
        words.finish();
        return frames;
      }
      words.accept("expect");
      frames.push({ frame: parseFrame(words), line: words.line });
      words.finish();
    }
    return opening.fail("this block has no closing }");
  }
}

function whenOfWait(words: Words, when: When | null): When {
  if (when !== null) return when;
  const seconds = parseSpan(words);
  return { isRelative: true, from: seconds, to: seconds };
}

function inject(words: Words): Step {
  const port = onPort(words);
  let times = 1;
  let every = 0;
  if (/^\d+$/.test(words.peek()) && words.peek(1) === "times") {
    times = Number(words.take("a number"));
    words.accept("times");
    if (words.accept("every")) every = parseSpan(words);
  }
  const frame = parseFrame(words);
  return { kind: "inject", frame, times, every, save: saved(words), port };
}

function neighbour(words: Words): Step {
  const at = ip(words);
  words.accept("lladdr");
  const column = words.column;
  const hasMac = /[:$]/.test(words.peek());
  const mac = hasMac ? parseOperand(words, words.take("a MAC address"), "mac", 48, "the neighbour", column) : null;
  const states: string[] = [];
  while (!words.done) {
    const state = words.take("a state");
    if (!STATES.includes(state)) words.fail(`\`${state}\` is no state: there are ${STATES.join(", ")}`);
    states.push(state);
    words.accept("or");
  }
  return { kind: "entry", ip: at, mac, states, isAbsent: false };
}

function ip(words: Words): Operand {
  const column = words.column;
  return parseOperand(words, words.take("an address"), "ip", 32, "a neighbour", column);
}

function variable(words: Words): string {
  const name = words.take("a variable such as $d");
  return /^\$[A-Za-z_]\w*$/.test(name) ? name.slice(1) : words.fail(`a variable is written $d, not \`${name}\``);
}

function saved(words: Words): string | null {
  return words.accept("as") ? variable(words) : null;
}

function onPort(words: Words): string | null {
  return words.accept("on") ? words.take("an interface's name") : null;
}

/** @throws {ScriptError} for a word that names no device. */
function devices(word: string, words: Words): readonly DeviceKind[] {
  if (word === "ours") return ["simulated", "host"];
  const kind = DEVICE_KINDS.find((one) => one === word);
  return kind === undefined
    ? words.fail(`\`${word}\` is no device: there are simulated, host, kernel, and ours`, 1)
    : [kind];
}

function isArp(frame: FrameSpec): boolean {
  return frame.kind === "layers" && frame.layers.some(({ kind }) => kind === "arp");
}
