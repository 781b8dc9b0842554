/** Files that commands write beside what they print. */
import { closeSync, openSync } from "node:fs";
import { openSink, type Sink, type SinkError } from "../capture/index.ts";
import { UserError } from "../linux/errors.ts";

/** Instead of a file's name: standard output, for a program at the other end of a pipe. */
export const TO_STDOUT = "-";

/** Opens a file before the work whose outcome it gets. @throws {UserError} when it cannot be written. */
export function openFile(path: string): Sink {
  const sink = openSink(path);
  if ("kind" in sink) throw cannotWrite(path, sink);
  return sink;
}

/** Tells before the work whether a file can be written, and leaves in it what it holds. @throws {UserError} if it cannot. */
export function checkFile(path: string): void {
  if (path === TO_STDOUT) return;
  try {
    closeSync(openSync(path, "a"));
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${reasonOf(error)}`);
  }
}

/** Writes all of it. A reader who has seen enough ends the command. @throws {UserError} when it cannot be written. */
export function writeTo(sink: Sink, path: string, bytes: Uint8Array): void {
  const failure = sink.write(bytes);
  if (failure === null) return;
  if (failure.kind === "closed") process.exit(0);
  throw cannotWrite(path, failure);
}

/** Why a file could not be read or written, in the system's words: `no such file or directory`. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /^[A-Z0-9]+: (.*?)(, \w+.*)?$/.exec(text)?.[1] ?? text;
}

function cannotWrite(path: string, { message }: SinkError): UserError {
  return new UserError(`cannot write ${path === TO_STDOUT ? "standard output" : path}: ${message}`);
}
