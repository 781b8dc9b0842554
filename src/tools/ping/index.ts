/** ping over any transport. */
export { HostTransport, type HostTransportOptions, whyNot } from "./host-transport.ts";
export {
  checkPingOptions,
  type PingIo,
  type PingOptions,
  parsePattern,
  USER_INTERVAL_MS,
} from "./options.ts";
export { type PingRun, startPing } from "./ping.ts";
export { Statistics } from "./statistics.ts";
export {
  type EchoTransport,
  errorText,
  type SendError,
  type TransportError,
  type TransportHandler,
  type TransportReply,
} from "./transport.ts";
