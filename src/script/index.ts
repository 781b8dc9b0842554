/** Scripts for frames: read, run on a device under test, and reported. docs/scripts.md tells the language. */
export { type ConformanceOptions, conformanceText } from "./conformance.ts";
export {
  type DevicePort,
  type DeviceUnderTest,
  type NeighbourSeen,
  type OpenDevice,
  type PingRequest,
  Unsupported,
} from "./device.ts";
export { openHost } from "./devices/host.ts";
export { openKernel } from "./devices/kernel.ts";
export type { Fault } from "./devices/own.ts";
export { openSimulated } from "./devices/simulated.ts";
export { type Tamper, TamperedLink, type Tampering } from "./devices/tampered-link.ts";
export type { Failure, LoggedFrame } from "./failure.ts";
export { type JudgeAllOptions, judgeAll } from "./judge-all.ts";
export type { Row } from "./match-frame.ts";
export { parseScripts } from "./parse.ts";
export { type Colours, failureText, headLine, PLAIN, summary, verdictLine } from "./report.ts";
export { runScript } from "./run.ts";
export { DEVICE_KINDS, type DeviceKind, type Level, type Script } from "./script.ts";
export { ScriptError } from "./tokens.ts";
export { isBad, judge, OPEN, type Result, type Verdict } from "./verdict.ts";
