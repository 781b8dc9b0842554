/** IEEE 802.2 LLC and SNAP. */
import { getU16 } from "../bytes.ts";
import { DST, SRC } from "../ethernet.ts";
import { CONTROL_UI, OUI_BRIDGED, OUI_CISCO, OUI_ETHERNET, Sap } from "../llc.ts";
import type { Dissection } from "./dissection.ts";
import { type Printed, printEthernet, printEtherType } from "./ethernet.ts";
import { ETHERTYPE_NAMES } from "./ethertype-names.ts";
import { dumpPayload, dumpUnknown } from "./hexdump.ts";
import { printIpv4 } from "./ipv4.ts";
import { OUI_NAMES } from "./oui-names.ts";
import { printStp } from "./stp.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("llc");
const SNAP_PROTOCOL = literal("snap");

/** Lowest bit of the destination: a group; of the source: a response. */
const GROUP = 1;
const RESPONSE = 1;
/** IP straight over LLC (RFC 948). */
const SAP_IP = 0x06;
const UNNUMBERED = 3;
const SUPERVISORY = 1;
/** Poll or final, in the one-byte and in the two-byte control field. */
const U_POLL = 0x10;
const IS_POLL = 0x0100;
const XID = 0xaf;
/** The format identifier of an IEEE XID. */
const XID_FORMAT = 0x81;

const SAP_NAMES: Readonly<Record<number, string>> = {
  0: "Null",
  255: "Global",
  2: "802.1B I",
  3: "802.1B G",
  6: "IP",
  4: "SNA",
  14: "ProWay NM",
  66: "STP",
  78: "RS511",
  126: "ISO8208",
  142: "ProWay",
  170: "SNAP",
  224: "IPX",
  240: "NetBeui",
  254: "OSI",
};

const COMMANDS: Readonly<Record<number, string>> = {
  3: "ui",
  227: "test",
  175: "xid",
  99: "ua",
  67: "disc",
  15: "dm",
  111: "sabme",
  135: "frmr",
};

const SUPERVISORY_NAMES = ["Receiver Ready", "Receiver not Ready", "Reject", "?"];

const OUI_RFC2684 = 0x0080c2;
/** Bytes before a bridged frame (RFC 2684, 5.2). */
const BRIDGE_PADDING = 2;
/** Frames within frames: nobody nests so deep but to exhaust the stack. */
const MAX_DEPTH = 128;
const CISCO_PIDS: Readonly<Record<number, string>> = {
  267: "PVST",
  268: "VLAN Bridge",
  273: "UDLD",
  8192: "CDP",
  8195: "VTP",
  8196: "DTP",
};
const BRIDGED_PIDS: Readonly<Record<number, string>> = {
  1: "Ethernet + FCS",
  2: "802.4 + FCS",
  3: "Token Ring + FCS",
  4: "FDDI + FCS",
  5: "802.6 + FCS",
  7: "Ethernet w/o FCS",
  8: "802.4 w/o FCS",
  9: "Token Ring w/o FCS",
  10: "FDDI w/o FCS",
  11: "802.6 w/o FCS",
  14: "BPDU",
};
const OUI_APPLETALK = 0x080007;

/**
 * LLC and what follows it.
 * @param length bytes from `at` that the frame had, @param captured that there are. @param frame the Ethernet header.
 * @returns bytes of the LLC and SNAP headers, or null if a printer met the end of the captured bytes.
 */
export function printLlc(d: Dissection, at: number, length: number, captured: number, frame: number): number | null {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (captured < 3 || length < 3) return cutHeader(d, at, length, captured);
  const dsapField = buf[at]!;
  const ssapField = buf[at + 1]!;
  let control = buf[at + 2]!;
  const isUnnumbered = (control & 3) === UNNUMBERED;
  if (!isUnnumbered) {
    if (captured < 4 || length < 4) return cutHeader(d, at, length, captured);
    control |= buf[at + 3]! << 8;
  }
  const header = isUnnumbered ? 3 : 4;
  if (ssapField === Sap.Global && dsapField === Sap.Global) {
    // IPX without LLC, marked by a checksum of 0xffff.
    if (!d.linkHeader) {
      printPair(d, frame);
      out.ascii(" ");
    }
    out.ascii("IPX 802.3: ");
    return dumpUnknown(d, at, captured) ? 0 : null;
  }
  const dsap = dsapField & ~GROUP;
  const ssap = ssapField & ~RESPONSE;
  if (d.linkHeader) {
    const group = (dsapField & GROUP) === 0 ? "Individual" : "Group";
    const response = (ssapField & RESPONSE) === 0 ? "Command" : "Response";
    out.ascii(`LLC, dsap ${sapName(dsap)} (0x${hex(dsap, 2)}) ${group}, `);
    out.ascii(`ssap ${sapName(ssap)} (0x${hex(ssap, 2)}) ${response}, `);
    out.ascii(`ctrl 0x${hex(control, isUnnumbered ? 2 : 4)}: `);
  }
  const next = at + header;
  const rest = length - header;
  const there = captured - header;
  if (control === CONTROL_UI && ssap === dsap) {
    switch (ssap) {
      case Sap.Snap: {
        const done = printSnap(d, next, rest, there, frame);
        if (done === "cut") return null;
        if (done === "unknown" && !dumpUnknown(d, at, captured)) return null;
        return header + 5;
      }
      case Sap.SpanningTree:
        return printStp(d, next, rest) ? header : null;
      case SAP_IP:
        return printIpv4(d, next, rest) ? header : null;
    }
  }
  if (!d.linkHeader) {
    out.mac(buf, frame + SRC);
    if (ssap !== dsap) out.ascii(` ${sapName(ssap, "Unknown SSAP")}`);
    out.ascii(" > ");
    out.mac(buf, frame + DST);
    out.ascii(` ${sapName(dsap, "Unknown DSAP")} `);
  }
  if (!isUnnumbered) {
    const flags = flagName(ssapField & RESPONSE, control & IS_POLL);
    const tail = `rcv seq ${(control >> 9) & 0x7f}, Flags [${flags}], length ${rest + header}`;
    if ((control & 3) === SUPERVISORY) {
      out.ascii(`Supervisory, ${SUPERVISORY_NAMES[(control >> 2) & 3]}, ${tail}`);
      return header;
    }
    out.ascii(`Information, send seq ${(control >> 1) & 0x7f}, ${tail}`);
  } else {
    const command = control & 0xef;
    const flags = flagName(ssapField & RESPONSE, control & U_POLL);
    out.ascii(`Unnumbered, ${COMMANDS[command] ?? hex(command, 2)}, Flags [${flags}], length ${rest + header}`);
    if (command === XID) {
      if (rest === 0) return header;
      if (there < 1) {
        d.truncated();
        return header;
      }
      if (buf[next] === XID_FORMAT) {
        if (there < 3 || rest < 3) {
          d.truncated();
          if (!dumpPayload(d, next, there)) return null;
        } else {
          out.ascii(`: ${hex(buf[next + 1]!, 2)} ${hex(buf[next + 2]!, 2)}`);
        }
        return header;
      }
    }
  }
  return dumpUnknown(d, at, captured) ? header : null;
}

function cutHeader(d: Dissection, at: number, length: number, captured: number): number | null {
  d.truncated();
  if (!dumpPayload(d, at, captured)) return null;
  return Math.min(length, captured);
}

function printSnap(d: Dissection, at: number, length: number, captured: number, frame: number): Printed {
  d.protocol = SNAP_PROTOCOL;
  const { buf, out } = d;
  if (captured < 5 || length < 5 || !d.has(at, 5)) {
    d.truncated();
    return "done";
  }
  const oui = (buf[at]! << 16) | getU16(buf, at + 1);
  const pid = getU16(buf, at + 3);
  const kind = oui === OUI_ETHERNET ? "ethertype" : "pid";
  const rest = length - 5;
  if (d.linkHeader) {
    out.ascii(`oui ${OUI_NAMES[oui] ?? "Unknown"} (0x${hex(oui, 6)}), `);
    out.ascii(`${kind} ${pidName(oui, pid)} (0x${hex(pid, 4)}), length ${rest}: `);
  }
  const next = at + 5;
  if (oui === OUI_ETHERNET || oui === OUI_BRIDGED) {
    const done = printEtherType(d, pid, next, rest, captured - 5);
    if (done !== "unknown") return done;
  } else if (isSpanningTree(oui, pid)) {
    return printStp(d, next, rest) ? "done" : "cut";
  } else if (isBridgedEthernet(oui, pid) && d.depth < MAX_DEPTH) {
    if (!d.has(next, BRIDGE_PADDING)) {
      d.truncated();
      return "done";
    }
    d.depth++;
    const skipped = 5 + BRIDGE_PADDING;
    const isWhole = printEthernet(d, at + skipped, captured - skipped, length - skipped);
    d.depth--;
    return isWhole ? "done" : "cut";
  }
  if (!d.linkHeader) {
    printPair(d, frame);
    out.ascii(" SNAP, ");
    if (oui !== OUI_ETHERNET) out.ascii(`oui ${OUI_NAMES[oui] ?? "Unknown"} (0x${hex(oui, 6)}), `);
    out.ascii(`${kind} ${pidName(oui, pid)} (0x${hex(pid, 4)}), length ${rest}: `);
  }
  return "unknown";
}

function isSpanningTree(oui: number, pid: number): boolean {
  if (oui === OUI_CISCO) return pid === 0x010b || pid === 0x010c;
  return oui === OUI_RFC2684 && pid === 0x000e;
}

function isBridgedEthernet(oui: number, pid: number): boolean {
  return oui === OUI_RFC2684 && (pid === 0x0001 || pid === 0x0007);
}

function pidName(oui: number, pid: number): string {
  if (oui === OUI_CISCO) return CISCO_PIDS[pid] ?? "Unknown";
  if (oui === OUI_RFC2684) return BRIDGED_PIDS[pid] ?? "Unknown";
  if (oui !== OUI_ETHERNET && oui !== OUI_BRIDGED && oui !== OUI_APPLETALK) return "Unknown";
  const name = ETHERTYPE_NAMES.get(pid);
  return name === undefined ? "Unknown" : name.toString();
}

/** `source > destination` of the Ethernet header at `frame`. */
function printPair(d: Dissection, frame: number): void {
  d.out.mac(d.buf, frame + SRC);
  d.out.ascii(" > ");
  d.out.mac(d.buf, frame + DST);
}

/** With `unknown`, an unknown point is `Unknown DSAP 0x7c`, without `Unknown`. */
function sapName(sap: number, unknown?: string): string {
  return SAP_NAMES[sap] ?? (unknown === undefined ? "Unknown" : `${unknown} 0x${hex(sap, 2)}`);
}

function flagName(response: number, poll: number): string {
  if (poll === 0) return response === 0 ? "Command" : "Response";
  return response === 0 ? "Poll" : "Final";
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
