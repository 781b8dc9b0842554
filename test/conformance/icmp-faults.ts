/** Faults of ICMP: see faults.ts. */
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import { LimitedLink } from "../../src/script/devices/limited-link.ts";
import { blurts, hears, type NamedFault, says, set } from "./faults.ts";
import {
  atMost,
  change,
  changeIp,
  errorAbout,
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
  sum,
} from "./rewrites.ts";

const HOST = ip("10.0.0.1");
const HOST_MAC = "02:76:0a:00:00:01";
const ERRORS = [3, 11, 12];
const QUOTED = MESSAGE + 8;

const isError = (f: Uint8Array) => isIcmp(f, ...ERRORS);
const isEcho = (f: Uint8Array) => isIcmp(f, 8);
const isReply = (f: Uint8Array) => isIcmp(f, 0);
const isRedirect = (f: Uint8Array) => isIcmp(f, 5);
const isTooBig = (f: Uint8Array) => isIcmp(f, 3) && f[payload(f) + 1] === 4;
const code = (f: Uint8Array) => f[payload(f) + 1];
const isToAll = (f: Uint8Array) => ["10.0.0.255", "255.255.255.255"].some((all) => ipv4.dst(f, NET) === ip(all));
const quoteTo = (bytes: number) => (f: Uint8Array) =>
  isError(f) && f.length > QUOTED + bytes ? [resized(f, 28 + bytes)] : [f];
const answers = (type: number, answer: number, red: string) =>
  blurts(`answers messages of type ${type}`, red, (f) => {
    if (!isIcmp(f, type)) return null;
    ipv4.swapAddresses(f, NET);
    f.set(f.slice(0, 6), 6);
    f[payload(f)] = answer;
    return sum(f);
  });

export const ICMP_FAULTS: readonly NamedFault[] = [
  hears("does not verify ICMP checksums", "26a", () =>
    changeIp(
      (f) => isIcmp(f),
      () => {},
    ),
  ),
  hears("takes an ICMP checksum of 0 for none", "26b", () =>
    changeIp(
      (f) => isEcho(f) && icmp.checksum(f, payload(f)) === 0,
      () => {},
    ),
  ),
  blurts("tells of types that it does not know", "26c", (f) =>
    isIcmp(f, 1, 2, 7, 41, 255) ? errorAbout(f, 3, 2) : null,
  ),
  answers(15, 16, "26d"),
  answers(17, 18, "26e"),
  says("answers no timestamp request", "26g", () => lose((f) => isIcmp(f, 14))),
  says("forgets when a timestamp request was sent", "26g", () =>
    changeIp(
      (f) => isIcmp(f, 14),
      (f) => f.fill(0, MESSAGE + 8, MESSAGE + 12),
    ),
  ),
  hears("takes a message too short for an echo request for a longer one", "26f", () =>
    changeIp(
      (f) => ipv4.totalLength(f, NET) === 24,
      (f) => ipv4.setTotalLength(f, NET, 28),
    ),
  ),
  says("quotes less than 8 bytes", "27a 27b 28h 31a 31b", () => quoteTo(27)),
  says("quotes a header that is not the one that came", "27a 27b 31a", () =>
    changeIp(isError, (f) => {
      f[QUOTED + 8] = f[QUOTED + 8]! + 1;
    }),
  ),
  says("quotes no options", "27b", () => (f) => {
    if (!isError(f) || (f[QUOTED]! & 15) === 5) return [f];
    f.copyWithin(QUOTED + 20, QUOTED + 28);
    return [sum(f)];
  }),
  says("quotes 8 bytes alone", "27c 27d", () => quoteTo(28)),
  says("quotes 600 bytes", "27d", () => (f) => (isError(f) && f.length > 560 ? [resized(f, 628)] : [f])),
  says(
    "quotes padding as well",
    "27e",
    () => (f) => (isError(f) && f.length < 80 ? [resized(f, f.length - NET + 15)] : [f]),
  ),
  says("fills the unused word of errors", "27f 31a", () =>
    changeIp(isError, (f) => {
      icmp.setSecondWord(f, payload(f), 1);
    }),
  ),
  says("sends errors without precedence", "27g", () => changeIp(isError, (f) => ipv4.setTos(f, NET, 0))),
  blurts("tells of datagrams to everybody", "28a 28c", (f) =>
    isIp(f) && isToAll(f) && !isIcmp(f) ? errorAbout(f, 3, 3) : null,
  ),
  blurts("tells of datagrams to a group", "28b 16j", (f) =>
    isIp(f) && ipv4.dst(f, NET) >>> 28 === 14 ? errorAbout(f, 3, 3) : null,
  ),
  blurts("tells of frames for everybody", "28d", (f) => (isIp(f) && (f[0]! & 1) !== 0 ? errorAbout(f, 3, 3) : null)),
  blurts("tells of ICMP errors", "28f 28g", (f) => (isIcmp(f, ...ERRORS) ? errorAbout(f, 3, 3) : null)),
  blurts("tells of every fragment", "28h 20a", (f) =>
    isFragment(f) && ipv4.fragmentOffset(f, NET) > 0 ? errorAbout(f, 11, 0) : null,
  ),
  says("tells of no ICMP message at all", "28i 18e", () => lose((f) => isError(f) && f[QUOTED + 9] === 1)),
  says("answers no echo request", "29a 29b 29c 29d 29e 29f 29g 29h 36b 36c", () => lose(isReply)),
  says("returns another identifier", "29a 29b 36b", () =>
    changeIp(isReply, (f) => icmp.setIdentifier(f, payload(f), 999)),
  ),
  says("returns another sequence number", "29a 29g", () =>
    changeIp(isReply, (f) => icmp.setSequence(f, payload(f), 999)),
  ),
  says("returns no data", "29a 29c 29d", () => (f) => (isReply(f) && f.length > 42 ? [resized(f, 28)] : [f])),
  says(
    "returns 548 bytes of data at most",
    "29c",
    () => (f) => (isReply(f) && f.length > 600 ? [resized(f, 576)] : [f]),
  ),
  says(
    "pads odd data to a word",
    "29d",
    () => (f) => (isReply(f) && f.length % 2 === 1 ? [resized(f, f.length - NET + 1)] : [f]),
  ),
  says("answers from its first address", "29e", () => changeIp(isReply, (f) => ipv4.setSrc(f, NET, HOST))),
  says("answers hosts on other networks to their own MAC address", "29f", () =>
    change(isReply, (f) => setMac(f, 0, "02:00:c0:a8:4d:01")),
  ),
  says("answers a repeated request once", "29g", () => {
    const seen = new Set<number>();
    return lose((f) => {
      if (!isReply(f)) return false;
      const seq = icmp.sequence(f, payload(f));
      const isAgain = seen.has(seq);
      seen.add(seq);
      return isAgain;
    });
  }),
  says("answers twice", "29a 29g", () => (f) => (isReply(f) ? [f, f.slice()] : [f])),
  says("answers with the type of service 0", "29h", () => changeIp(isReply, (f) => ipv4.setTos(f, NET, 0))),
  hears("answers echo replies", "29i", () => changeIp(isReply, (f) => icmp.setType(f, payload(f), 8))),
  hears("answers echo and timestamp requests to everybody", "30a 30b 30c 30g", () =>
    changeIp(
      (f) => isIcmp(f, 8, 13),
      (f) => {
        ipv4.setDst(f, NET, HOST);
        setMac(f, 0, HOST_MAC);
      },
    ),
  ),
  says("says nothing of protocols that it does not speak", "31a 27a 34a", () =>
    lose((f) => isIcmp(f, 3) && code(f) === 2),
  ),
  says("says nothing of ports that nobody listens on", "31b 31c 27c", () => lose((f) => isIcmp(f, 3) && code(f) === 3)),
  says("says host unreachable for everything", "31a 31b", () =>
    changeIp(
      (f) => isIcmp(f, 3),
      (f) => icmp.setCode(f, payload(f), 1),
    ),
  ),
  {
    does: "lets a redirect replace what was set by hand",
    red: ["32h"],
    make: () => ({
      host: (host) => {
        host.routes.remove({ address: ip("192.168.7.7"), length: 32 });
      },
    }),
  },
  set("believes redirects whatever it is told", "32i", { acceptRedirects: true }),
  says("sends no redirects", "32j", () => lose(isRedirect)),
  hears("redirects hosts on other networks", "32k", () =>
    changeIp(
      (f) => ipv4.src(f, NET) === ip("10.0.99.2"),
      (f) => ipv4.setSrc(f, NET, ip("10.0.1.2")),
    ),
  ),
  set("heeds no redirect", "32a 32g", { acceptRedirects: false }),
  hears("heeds no redirect for a network", "32g", () => lose((f) => isRedirect(f) && code(f) === 0)),
  {
    does: "sends everything through who a redirect named",
    red: ["32b"],
    make: () => ({
      host: (host) => void host.routes.add({ prefix: { address: 0, length: 0 }, gateway: ip("10.0.0.3") }),
    }),
  },
  hears("believes redirects of anybody", "32c", () =>
    changeIp(isRedirect, (f) => {
      ipv4.setSrc(f, NET, ip("10.0.0.2"));
    }),
  ),
  hears("believes gateways to be where it can reach them", "32d 32l", () =>
    changeIp(isRedirect, (f) => icmp.setGateway(f, payload(f), ip("10.0.0.3"))),
  ),
  hears("believes redirects about what others sent", "32e", () =>
    changeIp(isRedirect, (f) => {
      ipv4.setSrc(f, QUOTED, HOST);
    }),
  ),
  blurts("sends redirects", "32f 16a", (f) =>
    isIp(f) && ipv4.dst(f, NET) !== HOST && !isToAll(f) ? errorAbout(f, 5, 1) : null,
  ),
  says("stops at a source quench", "33a", () => atMost(1, isEcho)),
  blurts("sends source quench", "33b 34a", (f) =>
    isIp(f) && ipv4.protocol(f, NET) === 253 ? errorAbout(f, 4, 0) : null,
  ),
  set("sends a thousand errors a second to one host", "34b", { errors: { addressMs: 1 } }),
  says("sends errors twice", "34a 34b 34c 31a 18e", () => (f) => (isError(f) ? [f, f.slice()] : [f])),
  set("sends six errors to a host, and then none", "34b 34d", { errors: { addressMs: 1e9 } }),
  set("limits its errors in all, not by host", "34c", { errors: { perSecond: 1, burst: 6 } }),
  set("does not limit all errors together", "34f", { errors: { perSecond: 1e6, burst: 1e6 } }),
  set("heeds no setting of the limit", "34d", { errors: { addressMs: 1000 } }),
  says("limits its echo replies as errors", "34e", () => atMost(6, isReply)),
  says("does not say what would fit", "35a", () => changeIp(isTooBig, (f) => icmp.setSecondWord(f, payload(f), 0))),
  hears("cuts nothing", "35b", () => changeIp(isIp, (f) => ipv4.setFragment(f, NET, 2, 0))),
  hears("does not heed what routers say of a path", "35c 35e 35f 35h 35i", () => lose(isTooBig)),
  {
    does: "heeds what routers say of a path for all paths",
    red: ["35d"],
    make: () => ({ link: (link) => new LimitedLink(link, 1000) }),
  },
  hears("believes an MTU that the datagram would have passed", "35j", () =>
    changeIp(isTooBig, (f) => {
      ipv4.setTotalLength(f, QUOTED, 1500);
    }),
  ),
  hears("believes what was said last of a path", "35e", () => {
    let isFirst = true;
    return (f) => {
      if (!isTooBig(f) || !isFirst) return [f];
      isFirst = false;
      return [];
    };
  }),
  says("forbids others to cut, always", "35f 24b", () => changeIp(isEcho, (f) => ipv4.setFragment(f, NET, 2, 0))),
  {
    does: "believes errors about what it never sent",
    red: ["35g"],
    make: () => ({ host: (host) => void host.openEcho({ onReply: () => {} }, 99) }),
  },
  says("takes a checksum of 0xffff for one of 0", "36a", () =>
    change(
      (f) => isReply(f) && icmp.checksum(f, payload(f)) === 0xffff,
      (f) => icmp.setChecksum(f, payload(f), 0),
    ),
  ),
  says("takes a checksum of 0 for one of 0xffff", "36b 36d", () =>
    change(isIp, (f) => {
      if (isReply(f) && icmp.checksum(f, payload(f)) === 0) icmp.setChecksum(f, payload(f), 0xffff);
      if (ipv4.headerChecksum(f, NET) === 0) ipv4.setHeaderChecksum(f, NET, 0xffff);
    }),
  ),
  says("loses the carry of a checksum", "36c", () =>
    change(
      (f) => isReply(f) && icmp.identifier(f, payload(f)) === 0xf800,
      (f) => icmp.setChecksum(f, payload(f), icmp.checksum(f, payload(f)) + 1),
    ),
  ),
];
