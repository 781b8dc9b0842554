/** traceroute over a host of our own. */
export { checkTraceOptions, type Method, type TraceIo, type TraceOptions } from "./options.ts";
export { startTrace, type TraceRun } from "./trace.ts";
