/** Faults of IPv4: see faults.ts. */
import * as ipv4 from "../../packets/ipv4.ts";
import { blurts, hears, type NamedFault, says, set } from "./faults.ts";
import {
  change,
  changeIp,
  die,
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
  settleOverlaps,
  sum,
} from "./rewrites.ts";

const PEER = ip("10.0.0.2");
const HOST = ip("10.0.0.1");
const HOST_MAC = "02:76:0a:00:00:01";

const version = (f: Uint8Array) => f[NET]! >> 4;
const words = (f: Uint8Array) => f[NET]! & 15;
const from =
  (...sources: string[]) =>
  (f: Uint8Array) =>
    sources.some((one) => ipv4.src(f, NET) === ip(one));
const to =
  (...destinations: string[]) =>
  (f: Uint8Array) =>
    destinations.some((one) => ipv4.dst(f, NET) === ip(one));
const isEchoRequest = (f: Uint8Array) => isIcmp(f, 8);
const isLater = (f: Uint8Array) => isFragment(f) && ipv4.fragmentOffset(f, NET) > 0;
const isFirst = (f: Uint8Array) => isFragment(f) && ipv4.fragmentOffset(f, NET) === 0;
/** It does not look where the frame goes, and believes such sources. */
const believes = (what: string, red: string, source: string) =>
  hears(`believes ${what} to be a host`, red, () => changeIp(from(source), (f) => ipv4.setSrc(f, NET, PEER)));
const takes = (what: string, red: string, destination: string) =>
  hears(`takes what is for ${what}`, red, () =>
    changeIp(to(destination), (f) => {
      ipv4.setDst(f, NET, HOST);
      setMac(f, 0, HOST_MAC);
    }),
  );

export const IPV4_FAULTS: readonly NamedFault[] = [
  hears("takes every version for 4", "14a 14b", () =>
    changeIp(
      (f) => version(f) !== 4,
      (f) => (f[NET] = 0x40 | words(f)),
    ),
  ),
  hears("does not verify header checksums", "14c 14e 14f", () =>
    changeIp(
      (f) => version(f) === 4 && words(f) >= 5,
      () => {},
    ),
  ),
  hears("takes a header checksum of 0 for none", "14d", () =>
    changeIp(
      (f) => ipv4.headerChecksum(f, NET) === 0,
      () => {},
    ),
  ),
  hears("takes nothing with options", "14e 27b 19a 19b 19i 19j 19l", () => lose((f) => isIp(f) && words(f) > 5)),
  says("tells of no option that cannot be", "19c 19d 19e 19f 19n 19o 19u", () => lose((f) => isIcmp(f, 12))),
  says("tells of the wrong byte of an option", "19c 19d 19e 19f 19n 19o 19u", () =>
    changeIp(
      (f) => isIcmp(f, 12),
      (f) => (f[payload(f) + 4] = 0),
    ),
  ),
  hears("takes options for padding whatever they are", "19g 19h 19m 19q 19r 19s 19t 19v 19w 30d 30e 30f", () =>
    changeIp(
      (f) => words(f) > 5,
      (f) => f.fill(0, NET + 20, payload(f)),
    ),
  ),
  blurts("tells of options in broadcasts and in errors", "19p", (f) =>
    isIp(f) && words(f) > 5 && (ipv4.dst(f, NET) === ip("10.0.0.255") || isIcmp(f, 11)) ? errorAbout(f, 12, 0) : null,
  ),
  says("writes no time into a timestamp option", "19k", () =>
    changeIp(
      (f) => words(f) === 8 && f[MESSAGE] === 0x44,
      (f) => {
        f[MESSAGE + 2] = 5;
        f.fill(0, MESSAGE + 4, MESSAGE + 12);
      },
    ),
  ),
  hears("dies of an option of length 0 or 1", "19c 19d", () =>
    die((f) => isIp(f) && words(f) > 5 && [0, 1].includes(f[NET + 22]!)),
  ),
  says("returns empty options", "19g 19m 19q 19s 19t 19w 30d 30e", () =>
    change(
      (f) => isIp(f) && words(f) > 5,
      (f) => f.fill(0, NET + 20, payload(f)),
    ),
  ),
  hears("takes what the frame does not hold for zeros", "15a 15d", () => (f) => {
    if (f[12] !== 8 || f[13] !== 0) return [f];
    const length = f.length < NET + 20 ? 28 : ipv4.totalLength(f, NET);
    if (f.length >= NET + length) return [f];
    const whole = resized(f, Math.max(length, 28));
    ipv4.setDst(whole, NET, HOST);
    whole[MESSAGE] = 8;
    return [sum(whole)];
  }),
  hears("takes a header of less than 5 words for one of 5", "15b", () =>
    changeIp(
      (f) => words(f) < 5,
      (f) => (f[NET] = 0x45),
    ),
  ),
  hears("takes the frame's length where the total length cannot be", "15c 15f", () =>
    changeIp(
      (f) => ipv4.totalLength(f, NET) < 28,
      (f) => ipv4.setTotalLength(f, NET, f.length - NET),
    ),
  ),
  hears("takes padding for data", "15e 27e", () =>
    changeIp(
      (f) => ipv4.totalLength(f, NET) < f.length - NET,
      (f) => ipv4.setTotalLength(f, NET, f.length - NET),
    ),
  ),
  hears("takes a header longer than its datagram for one of 5 words", "15g", () =>
    changeIp(
      (f) => words(f) === 15,
      (f) => (f[NET] = 0x45),
    ),
  ),
  takes("another host", "16a", "10.0.0.77"),
  hears("takes frames for other stations", "16b", () => change(isIp, (f) => setMac(f, 0, HOST_MAC))),
  believes("the limited broadcast address", "16c 28e", "255.255.255.255"),
  believes("the network's broadcast address", "16d 16l 28j", "10.0.0.255"),
  believes("a multicast group", "16e 28e", "224.0.0.1"),
  believes("an address of class E", "16f 28e", "240.0.0.1"),
  believes("0.0.0.0", "16g 28e", "0.0.0.0"),
  believes("127.0.0.1", "16h 28e", "127.0.0.1"),
  takes("127.0.0.1", "16h", "127.0.0.1"),
  believes("its own address", "16i", "10.0.0.1"),
  takes("a group that it is no member of", "16j", "239.1.2.3"),
  takes("0.0.0.0", "16m", "0.0.0.0"),
  takes("an address of class E", "16n", "240.0.0.1"),
  hears("dies of a loopback source", "16k", () => die((f) => isIp(f) && ipv4.src(f, NET) >>> 24 === 127)),
  says("speaks from an address that it does not have", "17a 17b 29a 29e", () =>
    changeIp(isIp, (f) => ipv4.setSrc(f, NET, ip("10.0.0.99"))),
  ),
  says("speaks from its first address alone", "17b 17c 29e", () =>
    changeIp(from("10.0.0.3", "10.0.0.1"), (f) => ipv4.setSrc(f, NET, ip("192.168.9.1"))),
  ),
  blurts("answers from everybody's address", "17d 30a", (f) => {
    if (!isIp(f) || ipv4.dst(f, NET) !== ip("10.0.0.255")) return null;
    ipv4.swapAddresses(f, NET);
    f[payload(f)] = 0;
    return sum(f);
  }),
  hears("drops what has a time to live of less than 2", "18a 18b 18g", () =>
    lose((f) => isIp(f) && ipv4.ttl(f, NET) < 2),
  ),
  says("sends everything with one time to live", "18c 18f", () => changeIp(isIp, (f) => ipv4.setTtl(f, NET, 64))),
  says("sends a time to live of 0", "18d 18a", () => changeIp(isIp, (f) => ipv4.setTtl(f, NET, 0))),
  hears("passes on whatever the time to live", "18e 28i", () =>
    changeIp(
      (f) => ipv4.ttl(f, NET) === 1,
      (f) => ipv4.setTtl(f, NET, 9),
    ),
  ),
  set("puts no fragments together", "20a 20b 20c 20d 20g 20h 21a 22e 22j 23e 31c", { reassembly: null }),
  hears("takes fragments in their order alone", "20b 22e 31c", () => {
    let expected = 0;
    return (f) => {
      if (!isFragment(f)) return [f];
      if (ipv4.fragmentOffset(f, NET) !== expected) return [];
      expected += NET + ipv4.totalLength(f, NET) - payload(f);
      return [f];
    };
  }),
  hears("puts no more than 8,192 bytes together", "20h", () =>
    lose((f) => isFragment(f) && ipv4.fragmentOffset(f, NET) >= 8192),
  ),
  hears("takes no fragment of less than 16 bytes", "20c", () =>
    lose((f) => isFragment(f) && ipv4.totalLength(f, NET) < 36),
  ),
  says("sends nothing in fragments", "20d 24c 35b 35c 35e", () => lose(isFragment)),
  says("puts the offset of a fragment one unit too far", "20d 35b 35c", () =>
    change(isLater, (f) => {
      ipv4.setFragment(f, NET, ipv4.flags(f, NET), ipv4.fragmentOffset(f, NET) + 8);
      ipv4.updateChecksum(f, NET);
    }),
  ),
  set("waits for fragments for ever", "20e 20f 21a", { reassembly: { timeoutMs: 1e9 } }),
  set("waits for fragments a tenth of a second", "20g", { reassembly: { timeoutMs: 100 } }),
  says("tells nobody when the time for fragments is over", "21a", () => lose((f) => isIcmp(f, 11))),
  hears("tells of a datagram without its first fragment", "21b", () => (f) => {
    if (!isLater(f)) return [f];
    const first = resized(f, ipv4.totalLength(f, NET) & ~7);
    ipv4.setFragment(first, NET, 1, 0);
    ipv4.setTotalLength(first, NET, 52);
    ipv4.setProtocol(first, NET, 253);
    return [sum(first)];
  }),
  hears("keeps the first fragment of what it has put together", "21c", () => {
    let first: Uint8Array | null = null;
    return (f) => {
      if (isFirst(f)) first = f.slice();
      return first !== null && isFragment(f) && !ipv4.moreFragments(f, NET) ? [f, first] : [f];
    };
  }),
  hears("tells of fragments to everybody", "21d", () =>
    change(isFragment, (f) => {
      ipv4.setDst(f, NET, HOST);
      setMac(f, 0, HOST_MAC);
      ipv4.updateChecksum(f, NET);
    }),
  ),
  hears("tells of fragments of ICMP errors", "21e", () =>
    change(isFragment, (f) => {
      ipv4.setProtocol(f, NET, 253);
      ipv4.updateChecksum(f, NET);
    }),
  ),
  hears("puts fragments together whatever their identification", "22a", () =>
    change(isFragment, (f) => {
      ipv4.setIdentification(f, NET, 1);
      ipv4.updateChecksum(f, NET);
    }),
  ),
  hears("puts fragments together whatever their source", "22b", () =>
    change(isFragment, (f) => {
      ipv4.setSrc(f, NET, PEER);
      ipv4.updateChecksum(f, NET);
    }),
  ),
  hears("puts fragments together whatever their protocol", "22c", () =>
    change(isFragment, (f) => {
      ipv4.setProtocol(f, NET, 1);
      ipv4.updateChecksum(f, NET);
    }),
  ),
  hears("puts fragments together whatever their destination", "22d", () =>
    change(isFragment, (f) => {
      ipv4.setDst(f, NET, HOST);
      ipv4.updateChecksum(f, NET);
    }),
  ),
  hears("forgets a datagram when another one's fragment comes", "22e", () => {
    let last = -1;
    return (f) => {
      if (!isFragment(f)) return [f];
      const id = ipv4.identification(f, NET);
      const isOther = last >= 0 && id !== last;
      last = id;
      return isOther ? [] : [f];
    };
  }),
  hears("cuts fragments to a multiple of 8", "22f", () => (f) => {
    if (!isFragment(f) || !ipv4.moreFragments(f, NET)) return [f];
    const total = ipv4.totalLength(f, NET);
    return [resized(f, total - ((NET + total - payload(f)) & 7))];
  }),
  hears("dies of a datagram beyond 65,535 bytes", "22g", () =>
    die((f) => isFragment(f) && ipv4.fragmentOffset(f, NET) > 65_000),
  ),
  hears("takes the first of two ends that contradict each other", "22h", () => {
    let end = -1;
    return (f) => {
      if (!isFragment(f) || ipv4.moreFragments(f, NET)) return [f];
      const here = ipv4.fragmentOffset(f, NET) + ipv4.totalLength(f, NET);
      if (end >= 0 && here !== end) return [];
      end = here;
      return [f];
    };
  }),
  hears("lets a fragment beyond the end move the end", "22i", () =>
    change(
      (f) => isFragment(f) && ipv4.fragmentOffset(f, NET) < 128,
      (f) => {
        ipv4.setFragment(f, NET, 1, ipv4.fragmentOffset(f, NET));
        ipv4.updateChecksum(f, NET);
      },
    ),
  ),
  hears("gives a datagram up for a fragment without data", "22j", () =>
    die((f) => isFragment(f) && ipv4.totalLength(f, NET) === 20),
  ),
  hears("lets the data that came first stand where fragments overlap", "23a 23b 23c 23d 23f", settleOverlaps),
  hears("gives a datagram up for an exact duplicate", "23e", () => {
    const seen = new Set<string>();
    return die((f) => {
      const name = isFragment(f) ? `${f}` : "";
      const isAgain = name !== "" && seen.has(name);
      seen.add(name);
      return isAgain;
    });
  }),
  hears("dies of overlapping fragments", "23g", () => die((f) => isLater(f) && ipv4.protocol(f, NET) === 17)),
  hears("takes a datagram with an identification once", "24a", () => {
    const seen = new Set<number>();
    return lose((f) => {
      if (!isIp(f) || isFragment(f)) return false;
      const id = ipv4.identification(f, NET);
      const isAgain = seen.has(id);
      seen.add(id);
      return isAgain;
    });
  }),
  says("gives every datagram one identification", "24b 24c 24d", () =>
    changeIp(isIp, (f) => ipv4.setIdentification(f, NET, 7)),
  ),
  says("gives every fragment an identification of its own", "24c", () => {
    let id = 100;
    return change(isFragment, (f) => {
      ipv4.setIdentification(f, NET, id++);
      ipv4.updateChecksum(f, NET);
    });
  }),
  hears("passes on what came to everybody on the link", "25k", () =>
    change(
      (f) => isIp(f) && (f[0]! & 1) !== 0,
      (f) => setMac(f, 0, "02:76:0a:00:01:01"),
    ),
  ),
  hears("passes broadcasts on to its networks", "25l", () =>
    changeIp(
      (f) => ipv4.dst(f, NET) === ip("10.0.2.255"),
      (f) => ipv4.setDst(f, NET, ip("10.0.2.2")),
    ),
  ),
  hears("takes its own address in frames for everybody", "25a 25b 25c 28d", () =>
    change(
      (f) => isIp(f) && ipv4.dst(f, NET) === HOST,
      (f) => setMac(f, 0, HOST_MAC),
    ),
  ),
  blurts("tells of wrong checksums", "14f", (f) =>
    isIp(f) && !ipv4.checksumOk(f, NET) && !isEchoRequest(f) ? errorAbout(f, 12, 0) : null,
  ),
];
