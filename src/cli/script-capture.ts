/** The frames of scripts as one capture: test after test, each frame with its test's title. */
import { CaptureDirection, createCapture, isWriteError } from "../capture/index.ts";
import { UserError } from "../linux/errors.ts";
import type { DeviceKind, LoggedFrame, Script, Verdict } from "../script/index.ts";
import { VERSION } from "../version.ts";
import { openFile } from "./files.ts";

/** Nanoseconds between the last frame of a test and the beginning of the next. */
const PAUSE = 1e9;

export class ScriptCapture {
  readonly #path: string;
  readonly #frames = new Map<Script, Map<DeviceKind, LoggedFrame[]>>();

  /** @throws {UserError} when the file cannot be written: before the scripts have run. */
  constructor(path: string) {
    this.#path = path;
    openFile(path).close();
  }

  add(script: Script, device: DeviceKind, frame: LoggedFrame): void {
    const devices = this.#frames.get(script) ?? new Map<DeviceKind, LoggedFrame[]>();
    this.#frames.set(script, devices);
    const frames = devices.get(device) ?? [];
    devices.set(device, frames);
    frames.push(frame);
  }

  /**
   * Writes the file. Times are those of the scripts, one after the other.
   * @throws {UserError} when it cannot be written.
   */
  save(verdicts: readonly Verdict[]): void {
    const runs = verdicts.map(({ script, device }) => ({
      title: `${script.id} ${script.title}`.trim(),
      device,
      frames: [...(this.#frames.get(script)?.get(device) ?? [])].sort((a, b) => a.time - b.time),
    }));
    const names = [...new Set(runs.flatMap(({ device, frames }) => frames.map(({ port }) => `${device} ${port}`)))];
    const writer = createCapture(this.#path, {
      application: `vethlab ${VERSION}`,
      interfaces: names.map((name) => ({ name })),
    });
    if (isWriteError(writer)) throw new UserError(`cannot write ${this.#path}: ${writer.message}`);
    let base = 0;
    for (const { title, device, frames } of runs) {
      for (const { time, isOurs, port, bytes } of frames) {
        const direction = isOurs ? CaptureDirection.Out : CaptureDirection.In;
        const note = { comments: [title] };
        const { length } = bytes;
        writer.append(bytes, 0, length, length, 0, base + time, names.indexOf(`${device} ${port}`), direction, 0, note);
      }
      base += (frames.at(-1)?.time ?? 0) + PAUSE;
    }
    const failure = writer.close();
    if (failure !== null) throw new UserError(`cannot write ${this.#path}: ${failure.message}`);
  }
}
