/** Faults of UDP, and of what its sockets are given: see faults.ts. */
import * as ipv4 from "../../packets/ipv4.ts";
import * as udp from "../../packets/udp.ts";
import { hears, type NamedFault, says, set } from "./faults.ts";
import {
  change,
  changeIp,
  ip,
  isFragment,
  isIcmp,
  isIp,
  lose,
  MESSAGE,
  NET,
  payload,
  resized,
  setMac,
} from "./rewrites.ts";

const HOST = ip("10.0.0.1");
const HOST_MAC = "02:76:0a:00:00:01";
const QUOTED = MESSAGE + 8;

const isUdp = (f: Uint8Array) => isIp(f) && ipv4.protocol(f, NET) === 17 && !ipv4.isFragment(f, NET);
const isGroup = (f: Uint8Array) => (f[0]! & 1) !== 0;
const isTo = (f: Uint8Array, to: string) => isIp(f) && ipv4.dst(f, NET) === ip(to);
const size = (f: Uint8Array) => ipv4.totalLength(f, NET) - 20;
const deafTo = (what: string, red: string, type: number, ...codes: number[]) =>
  hears(`keeps ${what} to itself`, red, () =>
    lose((f) => isIcmp(f, type) && (codes.length === 0 || codes.includes(f[payload(f) + 1]!))),
  );

export const UDP_FAULTS: readonly NamedFault[] = [
  hears("takes no datagram to everybody", "25d 25e 25f", () => lose((f) => isUdp(f) && isGroup(f))),
  hears("takes every address that ends in 255 for its network's broadcast", "25g", () =>
    changeIp(
      (f) => isTo(f, "10.0.1.255"),
      (f) => ipv4.setDst(f, NET, ip("10.0.0.255")),
    ),
  ),
  says("sends broadcasts to one station", "25h", () =>
    change(
      (f) => isTo(f, "10.0.0.255"),
      (f) => setMac(f, 0, "02:00:0a:00:00:02"),
    ),
  ),
  hears("takes a /31's first address for no host's", "25i", () => lose((f) => isTo(f, "10.0.0.0"))),
  says("sends to a group as to everybody", "25j", () =>
    change(
      (f) => isTo(f, "239.129.2.3"),
      (f) => f.fill(0xff, 0, 6),
    ),
  ),
  deafTo("Port Unreachable", "31d", 3, 3),
  deafTo("what routers say", "31e", 3, 0, 1, 13),
  deafTo("Time Exceeded", "31f 31g", 11),
  deafTo("Parameter Problem", "31h", 12),
  deafTo("Fragmentation Needed", "31m", 3, 4),
  hears("gives an error to whoever there is", "31i", () =>
    changeIp(
      (f) => isIcmp(f, 3),
      (f) => {
        ipv4.setProtocol(f, QUOTED, 17);
        udp.setSrcPort(f, QUOTED + 20, 5000);
      },
    ),
  ),
  hears(
    "believes errors that quote too little",
    "31j",
    () => (f) => (isIcmp(f, 3) && f.length < QUOTED + 28 ? [resized(f, 56)] : [f]),
  ),
  hears("believes errors to everybody", "31k", () =>
    changeIp(
      (f) => isIcmp(f, 3),
      (f) => {
        ipv4.setDst(f, NET, HOST);
        setMac(f, 0, HOST_MAC);
      },
    ),
  ),
  hears("takes what a later fragment holds for ports", "31o", () =>
    changeIp(
      (f) => isIcmp(f, 3),
      (f) => ipv4.setFragment(f, QUOTED, 0, 0),
    ),
  ),
  set("waits for ARP for ever", "31l", { neighbours: { broadcastRequests: 1000 } }),
  hears("believes errors about what others sent", "31n", () =>
    changeIp(
      (f) => isIcmp(f, 3),
      (f) => ipv4.setSrc(f, QUOTED, HOST),
    ),
  ),
  hears("hears no UDP", "37a 37b 37d 37h 37k", () => lose(isUdp)),
  hears("hears every port as 7", "37b", () => changeIp(isUdp, (f) => udp.setDstPort(f, payload(f), 7))),
  hears("does not verify UDP checksums", "37c", () => changeIp(isUdp, () => {})),
  hears("takes a UDP checksum of 0 for a wrong one", "37d", () =>
    lose((f) => isUdp(f) && udp.checksum(f, payload(f)) === 0),
  ),
  says("sends no UDP checksum", "37e 37f", () =>
    change(isUdp, (f) => f.fill(0, payload(f) + udp.CHECKSUM, payload(f) + 8)),
  ),
  hears("does not look at the UDP length", "37g", () => changeIp(isUdp, (f) => udp.setLength(f, payload(f), size(f)))),
  hears("takes a datagram without data for none", "37h", () => lose((f) => isUdp(f) && size(f) === 8)),
  set("puts no UDP datagrams together", "37i 31c", { reassembly: null }),
  says("sends no fragments", "37j", () => lose(isFragment)),
  hears("takes what follows the UDP length for data", "37k", () =>
    changeIp(
      (f) => isUdp(f) && udp.length(f, payload(f)) < size(f),
      (f) => udp.setLength(f, payload(f), size(f)),
    ),
  ),
  says("sends UDP with one time to live", "37l", () => changeIp(isUdp, (f) => ipv4.setTtl(f, NET, 64))),
  hears("takes group addresses for senders of UDP", "37m", () =>
    changeIp(isUdp, (f) => {
      if (ipv4.src(f, NET) >>> 28 >= 14) ipv4.setSrc(f, NET, ip("10.0.0.2"));
    }),
  ),
];
