/** A failure with a cause that the user can mend: told in one line (details may follow), exit code 2. */
export class SetUpError extends Error {
  /** @param details what a failed command printed; shown below the line. */
  constructor(message, details = "") {
    super(message);
    this.details = details;
  }
}

// Standard error, always: standard output belongs to the command that follows, and may be JSON.
let open = false;

function write(text) {
  process.stderr.write(text);
}

/** One line of its own. */
export function say(text) {
  closeLine();
  write(`set-up: ${text}\n`);
}

/** Ends a line that a step has begun and not ended. */
export function closeLine() {
  if (open) write("\n");
  open = false;
}

/** Runs one step under one line that ends with how long it took. */
export async function step(text, work) {
  const began = performance.now();
  closeLine();
  write(`set-up: ${text} … `);
  open = true;
  try {
    const result = await work();
    const seconds = (performance.now() - began) / 1000;
    if (open) write(` done in ${seconds < 1 ? seconds.toFixed(1) : Math.round(seconds)} s\n`);
    open = false;
    return result;
  } catch (error) {
    if (open) write(" failed\n");
    open = false;
    throw error;
  }
}
