/** Standard output as a person's terminal, or not. */

/** True if colour is wanted: a terminal, and neither NO_COLOR, TERM=dumb nor --no-color speaks against it. */
export function wantsColour(flag: boolean): boolean {
  const { env } = process;
  return flag && process.stdout.isTTY === true && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}

/** Standard output for narration. */
export function terminalOutput(colour: boolean): { write(text: string): void; colour: boolean; width: number } {
  return {
    write: (text) => void process.stdout.write(text),
    colour: wantsColour(colour),
    width: process.stdout.columns ?? 100,
  };
}
