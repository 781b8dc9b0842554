/**
 * The link over an AF_PACKET socket: frames are read in place from the kernel's ring, when the event loop wakes or when
 * the owner asks, and sent in batches.
 */
import { Errno, errnoName } from "../linux/errors.ts";
import { type Watch, waitReadable, watchReadable } from "../linux/libc.ts";
import { NetworkNamespace } from "../linux/namespace.ts";
import {
  openPacketSocket,
  type PacketSocket,
  type SocketFilter,
  takeError,
  takeStatistics,
} from "../linux/packet-socket.ts";
import { BlockReader } from "./block-reader.ts";
import { systemEpoch, systemNow } from "./clock.ts";
import { Handlers } from "./handlers.ts";
import type { FrameBatch, FrameHandler, Link, LinkEventHandler, LinkStats } from "./link.ts";
import { LinkState } from "./link-state.ts";
import { NoReader, type RingReader } from "./ring-reader.ts";
import { SlotReader } from "./slot-reader.ts";

export interface PacketLinkOptions {
  /** The namespace that holds the interface, open or by its path; the thread's own if left out. */
  readonly namespace?: NetworkNamespace | string | undefined;
  /** Show frames that others on this machine send through the interface, too (a sniffer wants them, a host does not). */
  readonly outgoing?: boolean;
  /** Ask a real card for frames to any MAC address. Default true. */
  readonly promiscuous?: boolean;
  /**
   * `latency` (TPACKET_V2) hands every frame over at once: to answer and to ping. `bulk` (TPACKET_V3) hands blocks over
   * when they are full, or 8 ms old: to sniff, at a fraction of the cost and memory a frame. `none` receives nothing: to
   * send only, so that the kernel need not look at each frame for us. Default `latency`.
   */
  readonly ring?: "latency" | "bulk" | "none";
  /** Receive ring in bytes, default 4 MiB (`latency`: 2,048 frames of an Ethernet with the usual MTU; `bulk`: 20,000 small ones). */
  readonly ringBytes?: number;
  /** `events`: frames come by the event loop. `calls`: when `poll` is called, and only then. Default `events`. */
  readonly wake?: "events" | "calls";
  /** Only frames that pass this program are received. */
  readonly filter?: SocketFilter | undefined;
  /**
   * Take and send frames that leave work to a network card: longer than the MTU, to be cut into segments, and with
   * unfinished checksums (see `FrameFlag.Segments`). For who passes them on; with a `latency` ring only.
   */
  readonly offload?: boolean;
  /**
   * Closing waits for the kernel, 10 to 60 ms, and the event loop with it. True: it does not; the interface sees the
   * socket that much longer.
   */
  readonly closeLater?: boolean | undefined;
}

/** Frames handed over at once. */
const BATCH = 64;
/** Frames read in one wake-up, so that timers and signals get their turn under a flood; more where all is made for bulk. */
const BUDGET = { latency: 1024, bulk: 16_384 } as const;

/** A link whose owner may fetch frames himself, from a thread that does nothing else. */
export interface PacketLink extends Link {
  /** Hands on what has arrived, up to a limit. @returns the number of frames; 0 if nothing is there. */
  poll(): number;
  /** Blocks the thread until frames are there, `ms` milliseconds at most. @returns true if it is worth calling `poll`. */
  wait(ms: number): boolean;
}

/**
 * Opens an interface.
 * @throws {UserError} no such interface or namespace, not an Ethernet, no permission.
 */
export function openPacketLink(name: string, options: PacketLinkOptions = {}): PacketLink {
  const open = () => {
    const socket = openPacketSocket({
      interface: name,
      outgoing: options.outgoing ?? false,
      promiscuous: options.promiscuous ?? true,
      ring: options.ring ?? "latency",
      ringBytes: options.ringBytes ?? 4 << 20,
      batch: BATCH,
      filter: options.filter,
      offload: options.offload ?? false,
      closeLater: options.closeLater,
    });
    try {
      return new SocketLink(socket, new LinkState(name), options.wake !== "calls");
    } catch (error) {
      socket.close();
      throw error;
    }
  };
  const { namespace } = options;
  if (namespace === undefined) return open();
  if (typeof namespace !== "string") return namespace.run(open);
  const opened = NetworkNamespace.open(namespace);
  try {
    return opened.run(open);
  } finally {
    opened.close();
  }
}

function readerOf({ ring, loopback, long }: PacketSocket): RingReader {
  if (ring === null) return new NoReader();
  return ring.kind === "bulk" ? new BlockReader(ring, BATCH, loopback) : new SlotReader(ring, BATCH, loopback, long);
}

class SocketLink implements PacketLink {
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly epoch = systemEpoch;
  readonly now = systemNow;
  readonly tx: Uint8Array;

  readonly #socket: PacketSocket;
  readonly #ring: RingReader;
  readonly #frames = new Handlers<FrameBatch>();
  readonly #isWatching: boolean;
  readonly #budget: number;
  #watch: Watch | null = null;
  readonly #state: LinkState;
  #closed = false;
  #isHandling = false;
  readonly #kernel = new Uint32Array(2);
  #dropped = 0;
  #txFrames = 0;
  #txBytes = 0;
  #tooLong = 0;

  constructor(socket: PacketSocket, state: LinkState, isWatching: boolean) {
    this.#socket = socket;
    this.#state = state;
    this.#isWatching = isWatching;
    this.#budget = BUDGET[socket.ring?.kind ?? "latency"];
    this.mac = socket.mac;
    this.mtu = socket.mtu;
    this.tx = socket.tx.bytes;
    this.#ring = readerOf(socket);
  }

  get name(): string {
    return this.#state.name;
  }

  onFrames(handler: FrameHandler): () => void {
    const remove = this.#frames.add(handler);
    if (this.#isWatching && this.#socket.ring !== null && this.#watch === null && !this.#closed) {
      this.#watch = watchReadable(this.#socket.fd, (status) => {
        if (status < 0) takeError(this.#socket.fd);
        this.poll();
      });
    }
    return remove;
  }

  onEvent(handler: LinkEventHandler): () => void {
    return this.#state.onEvent(handler);
  }

  reserve(length: number): number {
    const tx = this.#socket.tx;
    if (length > tx.frameSize) {
      this.#tooLong++;
      return -1;
    }
    if (tx.count === tx.capacity) this.flush();
    return tx.count * tx.slotSize + tx.lead;
  }

  commit(length: number): void {
    this.#socket.tx.push(length);
  }

  get canCommitUnfinished(): boolean {
    return this.#socket.long !== null;
  }

  commitUnfinished(length: number, network: number, segment: number): void {
    this.#socket.tx.pushUnfinished(length, network, segment);
  }

  get canReturn(): boolean {
    // Another handler would find a reply where the request was; and what lies before a received frame is not ours to send.
    return this.#isHandling && this.#frames.count === 1 && this.#socket.long === null;
  }

  commitReceived(offset: number, length: number): void {
    const tx = this.#socket.tx;
    if (tx.count === tx.capacity) this.flush();
    tx.pushReceived(offset, length);
  }

  flush(): number {
    const tx = this.#socket.tx;
    if (this.#closed) {
      // Whoever goes on sending must not fill the slots beyond their end.
      tx.discard(Errno.ENXIO);
      return 0;
    }
    if (tx.count === 0) return 0;
    let bytes = 0;
    for (let i = 0; i < tx.count; i++) bytes += tx.lengthAt(i);
    const wanted = tx.count;
    const sent = tx.send();
    this.#txFrames += sent;
    if (sent < wanted) this.#state.suspect();
    // Exact unless frames were refused, which is told apart by txErrors.
    this.#txBytes += sent === wanted ? bytes : Math.round((bytes * sent) / wanted);
    return sent;
  }

  stats(): LinkStats {
    if (!this.#closed) {
      takeStatistics(this.#socket.fd, this.#kernel);
      this.#dropped += this.#kernel[1]!;
    }
    const tx = this.#socket.tx;
    return {
      rxFrames: this.#ring.frames,
      rxBytes: this.#ring.bytes,
      rxDropped: this.#dropped,
      rxTruncated: this.#ring.truncated,
      txFrames: this.#txFrames,
      txBytes: this.#txBytes,
      txErrors: tx.errors + this.#tooLong,
      lastTxError: tx.lastError === 0 ? (this.#tooLong > 0 ? "EMSGSIZE" : "") : errnoName(tx.lastError),
    };
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.stats();
    this.#closed = true;
    this.#watch?.close();
    this.#state.close();
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  poll(): number {
    let read = 0;
    while (read < this.#budget && !this.#closed) {
      const batch = this.#ring.fill();
      if (batch.count === 0) break;
      read += batch.count;
      this.#isHandling = true;
      try {
        this.#frames.emit(batch);
      } finally {
        this.#isHandling = false;
        this.#ring.release();
      }
    }
    return read;
  }

  wait(ms: number): boolean {
    if (this.#closed) return false;
    const readable = waitReadable(this.#socket.fd, ms);
    if (readable < 0) takeError(this.#socket.fd);
    return readable > 0;
  }
}
