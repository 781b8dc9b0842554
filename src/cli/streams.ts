/**
 * Standard output and standard error, whose other end may be closed or full: that ends a command with one line at most,
 * never with a stack.
 */

/**
 * Watches both for as long as the process lives. A reader that closed its pipe (`| head -1`) has seen enough: the command
 * ends quietly, and the kernel takes away what it held. A full disk is a failure.
 * @param who the command, for the line.
 */
export function guardStreams(who: string): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    const reason = error.code === "ENOSPC" ? "no space left on device; make room, or write elsewhere" : error.message;
    process.stderr.write(`${who}: cannot write standard output: ${reason}\n`);
    process.exit(2);
  });
  // Nobody is left to tell; the exit code still says it.
  process.stderr.on("error", () => {});
}
