/** A script's line in words, each with its column: commas are white space, as in tcpdump's lines they only please the eye. */

/** A mistake in a script, where it is: shown as `FILE:LINE:COLUMN: what is wrong, and what to write`. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
  readonly file: string;
  /** Both counted from 1. */
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number, file = "") {
    super(message);
    this.file = file;
    this.line = line;
    this.column = column;
  }

  /** As compilers write it. */
  get text(): string {
    return `${this.file}:${this.line}:${this.column}: ${this.message}`;
  }
}

export interface Token {
  /** `mark`: one of `: > = { }`. */
  readonly kind: "word" | "string" | "mark";
  readonly text: string;
  /** Counted from 1. */
  readonly column: number;
}

const MARKS = ":>={}";
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "0": "\0", '"': '"', "\\": "\\" };

/**
 * Takes one line apart. `#` begins a comment, except within a word or a string; a colon is a mark where white space or the
 * line's end follows, so that MAC addresses stay whole.
 * @throws {ScriptError} on a string that does not end.
 */
export function tokenize(text: string, line: number): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    const column = at + 1;
    if (/[\s,]/.test(char)) {
      at++;
    } else if (char === "#") {
      break;
    } else if (char === '"') {
      const { value, end } = readString(text, at, line);
      tokens.push({ kind: "string", text: value, column });
      at = end;
    } else if (MARKS.includes(char)) {
      tokens.push({ kind: "mark", text: char, column });
      at++;
    } else {
      const word = /^(?:[^\s,"{}>=:]|:(?![\s,]|$))+/.exec(text.slice(at))![0];
      tokens.push({ kind: "word", text: word, column });
      at += word.length;
    }
  }
  return tokens;
}

function readString(text: string, from: number, line: number): { value: string; end: number } {
  let value = "";
  for (let at = from + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') return { value, end: at + 1 };
    if (char !== "\\") {
      value += char;
      continue;
    }
    const escaped = text[++at] ?? "";
    const meant = ESCAPES[escaped];
    if (meant === undefined) throw new ScriptError(`\\${escaped} means nothing in a string`, line, at);
    value += meant;
  }
  throw new ScriptError('this string has no closing "', line, from + 1);
}

/** The words of one line, taken one after the other. */
export class Words {
  readonly line: number;
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #at = 0;

  constructor(text: string, line: number) {
    this.line = line;
    this.#tokens = tokenize(text, line);
    this.#end = text.trimEnd().length + 1;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Where the next word stands, or the line's end. */
  get column(): number {
    return this.#tokens[this.#at]?.column ?? this.#end;
  }

  /** The next word or mark without taking it; empty at the line's end, and for a string. */
  peek(ahead = 0): string {
    const token = this.#tokens[this.#at + ahead];
    return token === undefined || token.kind === "string" ? "" : token.text;
  }

  get isString(): boolean {
    return this.#tokens[this.#at]?.kind === "string";
  }

  /** Takes the next words if they are these. */
  accept(...words: string[]): boolean {
    if (!words.every((word, i) => this.peek(i) === word)) return false;
    this.#at += words.length;
    return true;
  }

  /** @throws {ScriptError} if the next is another one. */
  demand(word: string, after: string): void {
    if (!this.accept(word)) this.fail(`expected \`${word}\` ${after}${this.#instead()}`);
  }

  /** @param what is expected, for the message. @throws {ScriptError} at the end of the line. */
  take(what: string): string {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind === "mark") this.fail(`expected ${what}${this.#instead()}`);
    this.#at++;
    return token.text;
  }

  /** @throws {ScriptError} if anything is left. */
  finish(): void {
    if (!this.done) this.fail(`\`${this.peek() || "a string"}\` is one word too many here, or misspelt`);
  }

  fail(message: string, column = this.column): never {
    throw new ScriptError(message, this.line, column);
  }

  #instead(): string {
    return this.done ? "" : `, not \`${this.peek()}\``;
  }
}
