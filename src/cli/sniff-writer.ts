/** The file, or files, that sniff writes. */
import {
  createCapture,
  createRotation,
  type FrameWriter,
  isWriteError,
  type RotatingCapture,
  type Rotation,
} from "../capture/index.ts";
import { UserError } from "../linux/errors.ts";
import { VERSION } from "../version.ts";
import { given } from "./options.ts";
import type { Flags } from "./sniff-flags.ts";
import type { Source } from "./sniff-source.ts";

/** When -C, -G and -W say that another file begins. @throws {UserError} where they make no sense. */
export function rotationOf({ C, G, W, w, z }: Flags): Rotation | undefined {
  if (C === undefined && G === undefined) {
    if (z !== undefined) throw new UserError("-z runs when a file gives way to the next: say when with -C or -G");
    return undefined;
  }
  if (w === undefined || w === "-") throw new UserError("-C and -G begin new files: name them with -w");
  return { ...given("size", C === undefined ? undefined : C * 1e6), ...given("seconds", G), ...given("files", W) };
}

/** What -w asks for; with a rotation, the first of several. @throws {UserError} if it cannot be created. */
export function openWriter(
  flags: Flags,
  source: Source,
  expression: string,
  rotation: Rotation | undefined,
): FrameWriter | RotatingCapture | undefined {
  const { w, z } = flags;
  if (w === undefined) return undefined;
  const { section } = source;
  const settings = {
    ...given("hardware", section?.hardware || undefined),
    ...given("os", section?.os || undefined),
    ...given("comments", section?.comments),
    application: `vethlab ${VERSION}`,
    interfaces: source.interfaces.map((one) => ({ ...one, ...given("filter", expression || undefined) })),
    ...given("snapLength", flags.snapshotLength),
  };
  const writer =
    rotation === undefined
      ? createCapture(w, settings)
      : createRotation(w, settings, rotation, {
          now: () => Date.now() / 1000,
          closed: (path) => void (z === undefined ? undefined : runWith(z, path)),
        });
  if (isWriteError(writer)) throw new UserError(`cannot write ${w}: ${writer.message}`);
  return writer;
}

/** -z: nobody waits for it, and what it says goes where our messages go. */
async function runWith(command: string, path: string): Promise<void> {
  const { spawn } = await import("node:child_process");
  const child = spawn(command, [path], { stdio: ["ignore", 2, 2] });
  child.unref();
  child.on("error", (error) => process.stderr.write(`vethlab sniff: -z ${command}: ${error.message}\n`));
}
