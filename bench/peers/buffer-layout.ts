/**
 * buffer-layout alone: each header declared as one structure and decoded into an object, then the same checks on the
 * object's fields. How a careful program would use it; what vethlab's slow path adds to it is not here.
 */
import { blob, type Structure, s32be, struct, u8, u16be } from "buffer-layout";
import type { Corpus } from "../corpus.ts";
import { OUR_MAC, SLOT, SLOTS } from "../frames.ts";
import type { Absent } from "../harness.ts";
import { combine, fnv, loadPackage, type Peer, type Workload } from "../peer.ts";

interface ArpFrame {
  dst: Buffer;
  src: Buffer;
  type: number;
  htype: number;
  ptype: number;
  hlen: number;
  plen: number;
  oper: number;
  sha: Buffer;
  spa: number;
  tha: Buffer;
  tpa: number;
}

interface Ipv4 {
  versionIhl: number;
  totalLength: number;
  flagsFragment: number;
  ttl: number;
  protocol: number;
  src: number;
  dst: number;
}

interface Echo {
  type: number;
  code: number;
  identifier: number;
  sequence: number;
}

const ethernetFields = [blob(6, "dst"), blob(6, "src")];
const arpFrame: Structure<ArpFrame> = struct([
  ...ethernetFields,
  u16be("type"),
  u16be("htype"),
  u16be("ptype"),
  u8("hlen"),
  u8("plen"),
  u16be("oper"),
  blob(6, "sha"),
  s32be("spa"),
  blob(6, "tha"),
  s32be("tpa"),
]);
const ethernet: Structure<{ type: number }> = struct([...ethernetFields, u16be("type")]);
const tagged: Structure<{ tpid: number; tci: number; type: number }> = struct([
  ...ethernetFields,
  u16be("tpid"),
  u16be("tci"),
  u16be("type"),
]);
const ipv4: Structure<Ipv4> = struct([
  u8("versionIhl"),
  u8("tos"),
  u16be("totalLength"),
  u16be("id"),
  u16be("flagsFragment"),
  u8("ttl"),
  u8("protocol"),
  u16be("checksum"),
  s32be("src"),
  s32be("dst"),
]);
const echo: Structure<Echo> = struct([
  u8("type"),
  u8("code"),
  u16be("checksum"),
  u16be("identifier"),
  u16be("sequence"),
]);

export function load(): Peer | Absent {
  const loaded = loadPackage("buffer-layout", "npm install");
  if ("absent" in loaded) return loaded;
  return {
    version: loaded.version,
    workloads: {
      "parse/arp": parseArp,
      "parse/icmp": (corpus) => parseIcmp(corpus, false),
      "parse/vlan": (corpus) => parseIcmp(corpus, true),
      "build/arp": buildArp,
    },
  };
}

function parseArp({ count, buffer, offset, length }: Corpus): Workload {
  const buf = Buffer.from(buffer.buffer);
  return {
    pass() {
      const sums = [0, 0, 0, 0, 0, 0, 0];
      for (let i = 0; i < count; i++) {
        if (length[i]! < arpFrame.span) continue;
        const frame = arpFrame.decode(buf, offset[i]!);
        if (frame.type !== 0x0806 || frame.htype !== 1 || frame.ptype !== 0x0800) continue;
        if (frame.hlen !== 6 || frame.plen !== 4) continue;
        sums[0] = (sums[0]! + frame.oper) | 0;
        sums[1] = (sums[1]! + frame.sha.readUInt16BE(0)) | 0;
        sums[2] = (sums[2]! + frame.sha.readInt32BE(2)) | 0;
        sums[3] = (sums[3]! + frame.spa) | 0;
        sums[4] = (sums[4]! + frame.tha.readUInt16BE(0)) | 0;
        sums[5] = (sums[5]! + frame.tha.readInt32BE(2)) | 0;
        sums[6] = (sums[6]! + frame.tpa) | 0;
      }
      return combine(...sums);
    },
  };
}

function parseIcmp({ count, buffer, offset, length }: Corpus, withTag: boolean): Workload {
  const buf = Buffer.from(buffer.buffer);
  const link = withTag ? tagged : ethernet;
  return {
    pass() {
      const sums = [0, 0, 0, 0, 0, 0, 0, 0, ...(withTag ? [0] : [])];
      for (let i = 0; i < count; i++) {
        const off = offset[i]!;
        const left = length[i]! - link.span;
        if (left < ipv4.span) continue;
        const frame = link.decode(buf, off);
        if (frame.type !== 0x0800) continue;
        const ip = ipv4.decode(buf, off + link.span);
        const header = (ip.versionIhl & 15) * 4;
        if (ip.versionIhl >> 4 !== 4 || header < ipv4.span || ip.totalLength < header || ip.totalLength > left)
          continue;
        if ((ip.flagsFragment & 0x3fff) !== 0 || ip.protocol !== 1 || ip.totalLength - header < echo.span) continue;
        const { type, code, identifier, sequence } = echo.decode(buf, off + link.span + header);
        if (type !== 0 && type !== 8) continue;
        sums[0] = (sums[0]! + ip.src) | 0;
        sums[1] = (sums[1]! + ip.dst) | 0;
        sums[2] = (sums[2]! + ip.ttl) | 0;
        sums[3] = (sums[3]! + type) | 0;
        sums[4] = (sums[4]! + code) | 0;
        sums[5] = (sums[5]! + identifier) | 0;
        sums[6] = (sums[6]! + sequence) | 0;
        sums[7] = (sums[7]! + ip.totalLength - header - echo.span) | 0;
        if ("tci" in frame) sums[8] = (sums[8]! + ((frame.tci as number) & 0x0fff)) | 0;
      }
      return combine(...sums);
    },
  };
}

/** The objects that are encoded were made beforehand: only the encoding is timed. */
function buildArp({ count, buffer, offset }: Corpus): Workload {
  const buf = Buffer.from(buffer.buffer);
  const out = Buffer.alloc(SLOT * SLOTS);
  const ours = Buffer.from(OUR_MAC);
  const replies = Array.from({ length: count }, (_, i): ArpFrame => {
    const asked = arpFrame.decode(buf, offset[i]!);
    return { ...asked, dst: asked.sha, src: ours, oper: 2, sha: ours, spa: asked.tpa, tha: asked.sha, tpa: asked.spa };
  });
  return {
    pass() {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const slot = (i % SLOTS) * SLOT;
        arpFrame.encode(replies[i]!, out, slot);
        sum = (sum + out[slot + arpFrame.span - 1]!) | 0;
      }
      return sum;
    },
    check() {
      let hash = 0;
      for (let i = 0; i < count; i++) {
        arpFrame.encode(replies[i]!, out, 0);
        hash = fnv(out, 0, arpFrame.span, hash);
      }
      return hash;
    },
  };
}
