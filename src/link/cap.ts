/**
 * The link over libpcap, through the npm package `cap`: the same interface, so that the two can be compared. cap copies
 * every packet and raises an event for each, and it gives no time stamps, directions or drop counters; what is missing
 * is filled in as said below.
 */
import { createRequire } from "node:module";
import { format as formatMac } from "../../packets/mac.ts";
import { UserError } from "../linux/errors.ts";
import { InterfaceFlag, queryInterfaces } from "../linux/interface.ts";
import type { NetworkNamespace } from "../linux/namespace.ts";
import { MutableBatch } from "./batch.ts";
import { systemEpoch, systemNow } from "./clock.ts";
import { Handlers } from "./handlers.ts";
import {
  Direction,
  type FrameBatch,
  FrameFlag,
  type FrameHandler,
  type Link,
  type LinkEventHandler,
  type LinkStats,
} from "./link.ts";
import { LinkState } from "./link-state.ts";

/** The part of the package `cap` that is used here; it ships no types of its own. */
interface CapSession {
  open(device: string, filter: string, bufferSize: number, buffer: Buffer): string;
  send(buffer: Buffer, length: number): void;
  close(): void;
  on(event: "packet", handler: (length: number, truncated: boolean) => void): void;
}
type CapModule = { Cap: new () => CapSession };

/** True if the optional package `cap` was built on this machine. */
export function hasCap(): boolean {
  return loadCap() !== null;
}

function loadCap(): CapModule | null {
  try {
    return createRequire(import.meta.url)("cap") as CapModule;
  } catch {
    return null;
  }
}

export interface CapLinkOptions {
  readonly namespace?: NetworkNamespace | undefined;
  /** libpcap's capture buffer in bytes, default 4 MiB. */
  readonly bufferBytes?: number;
}

/**
 * Opens an interface through libpcap. Frames that this machine's kernel sends are left out by their source, the
 * interface's MAC address; own frames never come back.
 * @throws {UserError} when the package is missing (what to install), or the interface or permission is.
 */
export function openCapLink(name: string, options: CapLinkOptions = {}): Link {
  const cap = loadCap();
  if (cap === null)
    throw new UserError(
      "the optional package `cap` is not built: `apt-get install libpcap-dev g++ make`, then `npm run setup` in vethlab's folder",
    );
  const open = () => {
    const found = queryInterfaces((query) => ({
      hardware: query.hardware(name),
      mtu: query.mtu(name),
      flags: query.flags(name),
    }));
    if (found.hardware === null) throw new UserError(`no interface ${name} here: \`ip link\` shows those that exist`);
    if ((found.flags & InterfaceFlag.Up) === 0)
      throw new UserError(`${name} is down: \`ip link set dev ${name} up\` sets it up`);
    const state = new LinkState(name);
    try {
      return new CapLink(new cap.Cap(), state, found.hardware.mac, found.mtu, options.bufferBytes ?? 4 << 20);
    } catch (error) {
      state.close();
      throw capError(name, error);
    }
  };
  return options.namespace === undefined ? open() : options.namespace.run(open);
}

function capError(name: string, error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (/permission|not permitted|activate/i.test(message))
    return new UserError(
      `libpcap cannot open ${name} (${message}): is it up, and do you run as root or in \`vethlab shell\`?`,
    );
  return error;
}

const MAX_FRAME = 65_535;

class CapLink implements Link {
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly epoch = systemEpoch;
  readonly now = systemNow;
  readonly tx: Uint8Array = Buffer.alloc(MAX_FRAME);

  readonly #session: CapSession;
  readonly #state: LinkState;
  readonly #frames = new Handlers<FrameBatch>();
  readonly #batch: MutableBatch;
  readonly #received = Buffer.alloc(MAX_FRAME);
  #pending = 0;
  #closed = false;
  #rxFrames = 0;
  #rxBytes = 0;
  #rxTruncated = 0;
  #txFrames = 0;
  #txBytes = 0;
  #txErrors = 0;
  #lastTxError = "";

  constructor(session: CapSession, state: LinkState, mac: Uint8Array, mtu: number, bufferBytes: number) {
    this.#session = session;
    this.#state = state;
    this.mac = mac;
    this.mtu = mtu;
    this.#batch = new MutableBatch(this.#received, 1);
    // Not libpcap's `inbound`: it tells directions by a kernel extension, and runs the first packet's filter itself.
    session.open(state.name, `not ether src ${formatMac(mac)}`, bufferBytes, this.#received);
    session.on("packet", (length, truncated) => this.#deliver(length, truncated));
  }

  get name(): string {
    return this.#state.name;
  }

  onFrames(handler: FrameHandler): () => void {
    return this.#frames.add(handler);
  }

  onEvent(handler: LinkEventHandler): () => void {
    return this.#state.onEvent(handler);
  }

  reserve(length: number): number {
    if (length > MAX_FRAME) {
      this.#fail("EMSGSIZE");
      return -1;
    }
    if (this.#pending > 0) this.flush();
    return 0;
  }

  commit(length: number): void {
    this.#pending = length;
  }

  flush(): number {
    const length = this.#pending;
    this.#pending = 0;
    if (length === 0 || this.#closed) return 0;
    try {
      this.#session.send(this.tx as Buffer, length);
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
      return 0;
    }
    this.#txFrames++;
    this.#txBytes += length;
    return 1;
  }

  /** libpcap's own drop counter is not reachable through cap: rxDropped stays 0. */
  stats(): LinkStats {
    return {
      rxFrames: this.#rxFrames,
      rxBytes: this.#rxBytes,
      rxDropped: 0,
      rxTruncated: this.#rxTruncated,
      txFrames: this.#txFrames,
      txBytes: this.#txBytes,
      txErrors: this.#txErrors,
      lastTxError: this.#lastTxError,
    };
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#state.close();
    this.#session.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** cap names no time and no length on the wire: the time is that of the event, the length that of the capture. */
  #deliver(length: number, truncated: boolean): void {
    if (this.#closed) return;
    const batch = this.#batch;
    batch.count = 1;
    batch.offset[0] = 0;
    batch.length[0] = length;
    batch.originalLength[0] = length;
    batch.direction[0] = Direction.In;
    batch.flags[0] = truncated ? FrameFlag.Truncated : 0;
    batch.time[0] = this.now();
    this.#rxFrames++;
    this.#rxBytes += length;
    if (truncated) this.#rxTruncated++;
    this.#frames.emit(batch);
  }

  #fail(reason: string): void {
    this.#txErrors++;
    this.#lastTxError = reason;
  }
}
