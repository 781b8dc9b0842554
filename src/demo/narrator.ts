/** How the demo speaks: plain lines for people, with colour on a terminal that wants it. */

/** Where narration goes. With JSON wanted, nowhere. */
export interface Output {
  write(text: string): void;
  readonly colour: boolean;
  /** Columns; prose is wrapped within them. */
  readonly width: number;
}

const STYLE = {
  bold: "1",
  dim: "2",
  green: "32",
  red: "31",
  cyan: "36",
  yellow: "33",
} as const;
type Style = keyof typeof STYLE;

const INDENT = "   ";
const DEEPER = " ".repeat(10);

export class Narrator {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  title(act: number, of: number, title: string): void {
    const head = of === 1 ? `Act ${act}` : `Act ${act} of ${of}`;
    this.#line("");
    this.#line(this.#paint("bold", `══ ${head}: ${title} `.padEnd(Math.min(this.#output.width, 100), "═")));
  }

  /** A drawing or a table, kept as it is. */
  drawing(text: string): void {
    for (const line of text.split("\n")) this.#line(`${INDENT}${this.#paint("cyan", line)}`);
  }

  /** Prose, wrapped; the label stands before its first line. */
  prose(label: string, text: string): void {
    const width = Math.min(this.#output.width, 100) - INDENT.length;
    const lines = wrap(`${label}${label === "" ? "" : "  "}${text}`, width);
    for (const [i, line] of lines.entries()) {
      const painted = i === 0 && label !== "" ? this.#paint("bold", label) + line.slice(label.length) : line;
      this.#line(`${INDENT}${painted}`);
    }
  }

  blank(): void {
    this.#line("");
  }

  /** A command that does what is being done, as one would type it. */
  command(text: string, where = ""): void {
    this.#line(
      `${INDENT}${this.#paint("yellow", `$ ${text}`)}${where === "" ? "" : this.#paint("dim", `   # ${where}`)}`,
    );
  }

  /** A frame: tcpdump's line, and what it means. */
  frame(number: number, port: string, arrow: string, text: string, explanation: string): void {
    const head = `#${number}`.padStart(4);
    const [first = "", ...rest] = wrap(text, Math.max(40, this.#output.width - head.length - port.length - 5));
    this.#line(`${head} ${this.#paint("dim", `${port} ${arrow}`)} ${first}`);
    for (const line of rest) this.#line(`${DEEPER}${line}`);
    const room = Math.max(40, Math.min(this.#output.width, 120) - DEEPER.length);
    for (const line of wrap(explanation, room)) this.#line(`${DEEPER}${this.#paint("green", line)}`);
  }

  /** What another program printed. */
  said(program: string, line: string): void {
    if (line.trim() !== "") this.#line(`${INDENT}${this.#paint("dim", `${program} │ `)}${line}`);
  }

  check(ok: boolean, what: string, seen: string): void {
    const mark = ok ? this.#paint("green", "✓") : this.#paint("red", "✗");
    this.#line(`${INDENT}${mark} ${what}${seen === "" ? "" : this.#paint(ok ? "dim" : "red", `  (${seen})`)}`);
  }

  line(text: string): void {
    this.#line(text);
  }

  paint(style: Style, text: string): string {
    return this.#paint(style, text);
  }

  #line(text: string): void {
    this.#output.write(`${text}\n`);
  }

  #paint(style: Style, text: string): string {
    return this.#output.colour ? `\x1b[${STYLE[style]}m${text}\x1b[0m` : text;
  }
}

/** Breaks text at spaces into lines of at most `width` characters; a longer word stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}

/** Gathers text and hands it on line by line. */
export function lineWriter(onLine: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
}
