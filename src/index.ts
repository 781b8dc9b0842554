/**
 * vethlab as a library: labs of namespaces and cables, links to their ends, and hosts of our own on them. The codecs are
 * in `vethlab/packets`.
 */
export { Lab, type LabOptions, type PortOptions, type Step } from "./lab/lab.ts";
export { LabNamespace, type NeighbourEntry } from "./lab/namespace.ts";
export { Port, type PortState } from "./lab/port.ts";
export { type CapLinkOptions, hasCap, openCapLink } from "./link/cap.ts";
export { drive, type Gear } from "./link/drive.ts";
export * from "./link/impair/index.ts";
export {
  Direction,
  type FrameBatch,
  FrameFlag,
  type FrameHandler,
  type Link,
  type LinkEvent,
  type LinkEventHandler,
  type LinkStats,
} from "./link/link.ts";
export { openPacketLink, type PacketLink, type PacketLinkOptions } from "./link/packet.ts";
export * from "./link/simulated.ts";
export { SystemError, UserError } from "./linux/errors.ts";
export { NetworkNamespace } from "./linux/namespace.ts";
export {
  type DeviceKind,
  type DeviceUnderTest,
  failureText,
  judge,
  judgeAll,
  openHost,
  openKernel,
  openSimulated,
  parseScripts,
  type Script,
  ScriptError,
  type Verdict,
} from "./script/index.ts";
export { ARP_DEFAULTS, type ArpOptions, LINUX_ARP } from "./stack/arp/arp-options.ts";
export type { ClaimOptions, ClaimStats } from "./stack/claim/acd.ts";
export { ACD_DEFAULTS, type AcdOptions, type ClaimState, type Defence } from "./stack/claim/acd-options.ts";
export type { AddressClaim } from "./stack/claim/claim.ts";
export { claimLinkLocal, type LinkLocalClaim, type LinkLocalOptions } from "./stack/claim/link-local.ts";
export { type Clock, realClock, VirtualClock } from "./stack/clock.ts";
export { describe } from "./stack/describe.ts";
export { Drop, dropName, dropText } from "./stack/drop.ts";
export { Host, type HostOptions, type HostStats } from "./stack/host.ts";
export type { EchoError, EchoHandler, EchoReply } from "./stack/icmp/echo.ts";
export type { EchoOptions, EchoResult, EchoSocket } from "./stack/icmp/echo-socket.ts";
export { ICMP_ERROR_DEFAULTS, type IcmpErrorOptions } from "./stack/icmp/icmp-errors.ts";
export type { MtuDiscovery, SendOptions as DatagramOptions } from "./stack/ipv4/ipv4-output.ts";
export { REASSEMBLY_DEFAULTS, type ReassemblyOptions } from "./stack/ipv4/reassembly.ts";
export type { Route, RouteTable } from "./stack/ipv4/routes.ts";
export {
  LINUX_NEIGHBOURS,
  NEIGHBOUR_DEFAULTS,
  type NeighbourOptions,
  NeighbourState,
  type NeighbourView,
  neighbourStateName,
} from "./stack/neighbour/neighbour-options.ts";
export type { Observer, StackEvent } from "./stack/observer.ts";
export { FORWARDING_DEFAULTS, type ForwardingOptions } from "./stack/router/forwarding.ts";
export { Router, type RouterInterface, type RouterOptions, type RouterStats } from "./stack/router/router.ts";
export { isSent, SendResult, sendResultText } from "./stack/send-result.ts";
export type { UdpError, UdpHandler, UdpMessage, UdpOptions, UdpSocket } from "./stack/udp.ts";
export {
  type NeighbourEntry as NeighbourObject,
  type NeighbourShow,
  neighbourEntries,
  neighbourJson,
  neighbourText,
} from "./tools/neigh/index.ts";
export {
  arpTemplate,
  echoTemplate,
  type FrameSource,
  rawTemplate,
  type SendCounters,
  type SendOptions,
  type SendRun,
  startSend,
  TemplateSource,
} from "./tools/send/index.ts";
export { type SimulationOptions, type SimulationReport, simulate } from "./tools/simulate/index.ts";
export { VERSION } from "./version.ts";
