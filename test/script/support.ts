/** Scripts in a test's own text, on a simulated host. */
import { type Fault, judge, openSimulated, parseScripts, ScriptError, type Verdict } from "../../src/script/index.ts";

/** Runs the one test in a text. */
export function verdictOf(text: string, fault: Fault = {}): Promise<Verdict> {
  const [script] = parseScripts(text, "test.frames");
  return judge(script!, "simulated", (setup) => openSimulated(setup, fault));
}

/** What went wrong, in one line: where, and the message; empty if nothing did. */
export async function failureOf(text: string, fault: Fault = {}): Promise<string> {
  const { failure } = await verdictOf(text, fault);
  return failure === null ? "" : `${failure.line}: ${failure.message}`;
}

/** The fields that were wrong, as `name expected seen`. */
export async function differencesOf(text: string, fault: Fault = {}): Promise<string[]> {
  const { failure } = await verdictOf(text, fault);
  return (failure?.rows ?? [])
    .filter(({ ok }) => !ok)
    .map(({ field, expected, seen }) => `${field} ${expected} ${seen}`);
}

/** The message for a script that cannot be read. */
export function mistakeIn(text: string): string {
  try {
    parseScripts(text, "test.frames");
  } catch (error) {
    if (error instanceof ScriptError) return error.text;
    throw error;
  }
  return "";
}
