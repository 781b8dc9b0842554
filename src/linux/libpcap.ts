/**
 * libpcap's filter compiler, called through koffi without its headers and loaded only when an expression is compiled.
 * What it makes is plain data: a program for the kernel (SO_ATTACH_FILTER), or for packets/bpf.ts.
 *
 * VLAN tags. The kernel takes an 802.1Q tag off a frame before a socket's filter sees it, so a program that looks for one
 * in the bytes never finds it there. libpcap knows two ways to compile `vlan`: in the bytes, for files; and, for an
 * interface that it has opened itself, by loads that ask the kernel (SKF_AD_VLAN_TAG). `interface` asks for the second:
 * libpcap then opens the interface for as long as it compiles, and the kernel runs what it made. Everything means the same
 * as with tcpdump then: on a live interface `arp` matches a tagged ARP request, too, and `arp or vlan 10` any other frame
 * in VLAN 10; in a file `arp` does not, because there the tag is in the way.
 *
 * Links put the tag back before they hand a frame on. If libpcap cannot open the interface (it is down), the program for
 * files runs in user space on such frames: it finds every tag that the expression names.
 */
import koffi from "koffi";
import { BpfProgram, INSTRUCTION_LENGTH } from "../../packets/bpf.ts";
import { libc, map, type Pointer } from "./libc.ts";

/** libpcap's file, the same name since 2003 on Debian and its relatives; others have only the second. */
const LIBRARIES = ["libpcap.so.0.8", "libpcap.so.1"];
const MISSING =
  "libpcap is missing, which compiles filter expressions: `apt-get install libpcap0.8` (Fedora: `dnf install libpcap`)";

/** Bytes kept of a frame that matches: all of any frame, as tcpdump keeps them by default. */
const SNAP_LENGTH = 262_144;
const LINKTYPE_ETHERNET = 1;
/** PCAP_NETMASK_UNKNOWN: libpcap then refuses `ip broadcast` and says why. */
const NETMASK_UNKNOWN = 0xffffffff;
/** BPF_MAXINSNS of the kernel. */
const KERNEL_MAX_INSTRUCTIONS = 4096;

export interface FilterOptions {
  /** Bytes kept of a frame that matches (default 262,144). */
  readonly snapLength?: number;
  /** Link type (DLT) of the frames (default 1, Ethernet). */
  readonly linkType?: number;
  /** Let libpcap simplify the program (default true). */
  readonly optimize?: boolean;
  /** The interface's IPv4 netmask (32 bits), which `ip broadcast` needs (default: unknown; tcpdump takes 0). */
  readonly netmask?: number;
  /**
   * The interface, in the namespace that the thread is in, whose kernel shall run the program. It matters to expressions
   * with `vlan`; opening it takes the right to capture.
   */
  readonly interface?: string;
  /** For a file: what only the kernel of a live interface knows (`inbound`, `ifindex`) is then an error. */
  readonly file?: boolean;
}

/** A compiled expression. */
export interface Filter {
  readonly expression: string;
  /** struct sock_filter, 8 bytes each, in this machine's byte order. */
  readonly code: Uint8Array;
  /** Number of instructions. */
  readonly count: number;
  /**
   * True if the kernel may run it for a live interface; false if it must run in user space on the frames as links deliver
   * them: it looks for VLAN tags in the bytes, jumps backwards or is too long.
   */
  readonly kernel: boolean;
  /** The program for user space. */
  readonly program: BpfProgram;
}

/** Why there is no filter, in one line for the user. */
export interface FilterError {
  /** libpcap's own words, or what to install. */
  readonly error: string;
}

interface Libpcap {
  openDead(linkType: number, snapLength: number): Pointer | null;
  openFile(stream: Pointer, error: Uint8Array): Pointer | null;
  create(name: string, error: Uint8Array): Pointer | null;
  setSnapLength(handle: Pointer, length: number): number;
  setBufferSize(handle: Pointer, bytes: number): number;
  activate(handle: Pointer): number;
  compile(handle: Pointer, program: Uint8Array, expression: string, optimize: number, netmask: number): number;
  getError(handle: Pointer): string;
  freeCode(program: Uint8Array): void;
  close(handle: Pointer): void;
  version(): string;
}

let loaded: Libpcap | null | undefined;

/** libpcap, loaded at the first call and kept; null if this machine has none. */
function libpcap(): Libpcap | null {
  if (loaded !== undefined) return loaded;
  loaded = null;
  for (const name of LIBRARIES) {
    try {
      const library = koffi.load(name);
      loaded = {
        openDead: library.func("void *pcap_open_dead(int linktype, int snaplen)"),
        openFile: library.func("void *pcap_fopen_offline(void *stream, void *error)"),
        create: library.func("void *pcap_create(const char *name, void *error)"),
        setSnapLength: library.func("int pcap_set_snaplen(void *p, int length)"),
        setBufferSize: library.func("int pcap_set_buffer_size(void *p, int bytes)"),
        activate: library.func("int pcap_activate(void *p)"),
        compile: library.func("int pcap_compile(void *p, void *program, const char *text, int optimize, uint netmask)"),
        getError: library.func("const char *pcap_geterr(void *p)"),
        freeCode: library.func("void pcap_freecode(void *program)"),
        close: library.func("void pcap_close(void *p)"),
        version: library.func("const char *pcap_lib_version()"),
      };
      break;
    } catch {
      // The next name, or none.
    }
  }
  return loaded;
}

/** libpcap's version, as `libpcap version 1.10.3 (with TPACKET_V3)`; null if it is missing. */
export function libpcapVersion(): string | null {
  return libpcap()?.version() ?? null;
}

/**
 * Compiles an expression of pcap-filter(7). An empty one matches every frame. Host names in it are looked up, which waits
 * for the network's answer.
 */
export function compileFilter(expression: string, options: FilterOptions = {}): Filter | FilterError {
  const pcap = libpcap();
  if (pcap === null) return { error: MISSING };
  // C would see only what lies before it.
  if (expression.includes("\0")) return { error: "a filter expression cannot hold a NUL character" };
  const snapLength = options.snapLength ?? SNAP_LENGTH;
  const { interface: name } = options;
  const opened = name !== undefined && mentionsVlan(expression) ? openLive(pcap, name, snapLength) : null;
  const linkType = options.linkType ?? LINKTYPE_ETHERNET;
  const openOther = () =>
    options.file === true ? openFile(pcap, linkType, snapLength) : pcap.openDead(linkType, snapLength);
  const handle = opened ?? openOther();
  if (handle === null) return { error: "libpcap has no memory left" };
  // struct bpf_program: number of instructions (32 bits), 4 unused bytes, address.
  const result = new Uint8Array(16);
  try {
    const optimize = options.optimize === false ? 0 : 1;
    if (pcap.compile(handle, result, expression, optimize, (options.netmask ?? NETMASK_UNKNOWN) >>> 0) !== 0) {
      return { error: pcap.getError(handle) };
    }
    const count = new Uint32Array(result.buffer)[0]!;
    const address = new BigUint64Array(result.buffer)[1]!;
    // A copy: a view of libpcap's memory would outlive pcap_freecode until the next turn of the event loop.
    const code = Uint8Array.from(koffi.decode(address, "uint8_t", count * INSTRUCTION_LENGTH) as Iterable<number>);
    pcap.freeCode(result);
    const program = new BpfProgram(code, littleEndian);
    const isTakenByKernel = !program.jumpsBack && count <= KERNEL_MAX_INSTRUCTIONS;
    // In user space the tag is in the bytes again.
    if (opened !== null && !isTakenByKernel) return compileFilter(expression, withoutInterface(options));
    const kernel = isTakenByKernel && (opened !== null || !mentionsVlan(expression));
    return { expression, code, count, kernel, program };
  } finally {
    pcap.close(handle);
  }
}

function withoutInterface({ interface: _, ...rest }: FilterOptions): FilterOptions {
  return rest;
}

/** As small as libpcap makes it: nothing is read from it. */
const LIVE_BUFFER = 1 << 16;
/** PCAP_ERRBUF_SIZE. */
const ERROR_LENGTH = 256;

/** An interface opened by libpcap itself; null if it cannot be, which whoever opens it next says better. */
function openLive(pcap: Libpcap, name: string, snapLength: number): Pointer | null {
  const handle = pcap.create(name, new Uint8Array(ERROR_LENGTH));
  if (handle === null) return null;
  pcap.setSnapLength(handle, snapLength);
  pcap.setBufferSize(handle, LIVE_BUFFER);
  // Above 0 are warnings.
  if (pcap.activate(handle) >= 0) return handle;
  pcap.close(handle);
  return null;
}

/** A capture file that holds no frame. */
function openFile(pcap: Libpcap, linkType: number, snapLength: number): Pointer | null {
  const memory = map(-1, 4096);
  const header = new Uint32Array(memory.buffer);
  header.set([0xa1b2c3d4, 0x0004_0002, 0, 0, snapLength, linkType]);
  const stream = libc.fmemopen(memory.address, 24, "r");
  const handle = stream === null ? null : pcap.openFile(stream, new Uint8Array(ERROR_LENGTH));
  // libpcap has read the header; nothing else is there to be read.
  memory.release();
  return handle;
}

/** True for the error that {@link compileFilter} gives in a filter's place. */
export function isFilterError(result: Filter | FilterError): result is FilterError {
  return "error" in result;
}

/** True if the expression uses the word `vlan` (not merely a host name that contains it). */
export function mentionsVlan(expression: string): boolean {
  return /(^|[\s()!&|])vlan($|[\s()!&|])/.test(expression);
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
