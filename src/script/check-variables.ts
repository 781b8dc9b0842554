/** Finds, before a script is run, what would go wrong in any run: variables that hold nothing, choices where a value is due. */
import type { FrameSpec } from "./frame.ts";
import { framesOf, type Setup, type Step, type TimedStep } from "./script.ts";
import { ScriptError } from "./tokens.ts";
import type { Operand, Pattern } from "./value.ts";

/** @throws {ScriptError} */
export function checkVariables(setup: Setup, steps: readonly TimedStep[]): void {
  const known = new Set(["sent", "seen", "i", ...predefined(setup)]);
  for (const { line, text, step } of steps) new StepCheck(known, line, text).check(step);
}

/** `$host`, `$peer` and so on, each with `.mac`. */
function predefined({ interfaces, isRouter, stations }: Setup): string[] {
  const names = stations.map(({ name }) => name).filter((name) => name !== "");
  const own = interfaces.flatMap(({ name, prefixes }) => {
    const first = isRouter ? `host.${name}` : "host";
    return [first, ...prefixes.slice(1).map((_, i) => `${first}${i + 2}`)];
  });
  return [...names, ...own].flatMap((name) => [name, `${name}.mac`]);
}

class StepCheck {
  readonly #known: Set<string>;
  readonly #line: number;
  readonly #text: string;

  constructor(known: Set<string>, line: number, text: string) {
    this.#known = known;
    this.#line = line;
    this.#text = text;
  }

  check(step: Step): void {
    const isSent = step.kind === "inject" || step.kind === "let";
    for (const frame of framesOf(step)) this.#frame(frame, isSent);
    for (const operand of operandsOf(step)) this.#operand(operand, 0, true);
    if (step.kind === "let") this.#known.add(step.name);
    if ((step.kind === "inject" || step.kind === "expect") && step.save !== null) this.#known.add(step.save);
  }

  #frame(frame: FrameSpec, isSent: boolean): void {
    if (frame.kind === "copy" || frame.kind === "fragment") this.#name(frame.name, 0);
    if (frame.kind === "fragment")
      for (const { pattern, column } of frame.fields.values()) this.#pattern(pattern, column, true);
    if (frame.kind !== "layers") return;
    for (const { fields, data, quote, column } of frame.layers) {
      for (const { pattern, column } of fields.values()) this.#pattern(pattern, column, isSent);
      if (data !== undefined) this.#pattern(data, column, isSent);
      if (quote !== undefined) this.#name(quote.name, column);
    }
  }

  #pattern(pattern: Pattern, column: number, isSent: boolean): void {
    if (isSent && (pattern.kind === "range" || pattern.kind === "not"))
      this.#fail("what is sent has one value: a range or !X is for expectations", column);
    if (pattern.kind === "is" || pattern.kind === "not") this.#operand(pattern.operand, column, isSent);
  }

  #operand(operand: Operand, column: number, isUsed: boolean): void {
    if (operand.kind === "value") return;
    // An expectation gives a variable its first value.
    if (!isUsed && operand.plus === 0) this.#known.add(operand.name);
    else this.#name(operand.name, column);
  }

  #name(name: string, column: number): void {
    if (this.#known.has(name)) return;
    const at = column > 0 ? column : this.#text.indexOf(`$${name}`) + 1;
    const there = [...this.#known].filter((one) => !["sent", "seen", "i"].includes(one)).map((one) => `$${one}`);
    this.#fail(`$${name} holds nothing here; there are ${there.join(", ")}`, at);
  }

  #fail(message: string, column: number): never {
    throw new ScriptError(message, this.#line, Math.max(1, column));
  }
}

/** What a step uses beside frames. */
function operandsOf(step: Step): readonly Operand[] {
  const given = (...operands: (Operand | null)[]): Operand[] => operands.filter((one) => one !== null);
  if (step.kind === "entry") return given(step.ip, step.mac);
  if (step.kind === "socket") return step.wish.kind === "nothing" ? [] : given(step.wish.from);
  if (step.kind !== "host") return [];
  const { action } = step;
  switch (action.kind) {
    case "ping":
    case "udp-send":
      return [action.to];
    case "forget":
      return given(action.ip);
    case "neighbour":
      return [action.ip, action.mac];
    default:
      return [];
  }
}
