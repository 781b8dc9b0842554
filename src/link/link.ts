/**
 * A link is one attachment point to an Ethernet: a packet socket on an interface, libpcap, or one end of a simulated wire.
 * The stack and the tools see only this interface. Frames come in batches, in place, and go out in batches; nothing here
 * allocates or copies a frame.
 */

/** Which way a frame went, seen from the interface it was captured on. */
export const Direction = {
  /** Received by the interface. */
  In: 0,
  /** Sent through the interface by somebody else on this machine; a link never shows its own frames. */
  Out: 1,
} as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/** Bits of {@link FrameBatch.flags}. */
export const FrameFlag = {
  /** The sender left the transport checksum for hardware to finish (veth never does): not an error. */
  ChecksumNotReady: 1,
  /** Fewer bytes were captured than the frame had: `length` is less than `originalLength`. */
  Truncated: 2,
  /** The kernel had taken an 802.1Q or 802.1ad tag off; it has been put back in place. */
  VlanRestored: 4,
  /** It stands for several frames that the sender left a network card to cut: see {@link FrameBatch.segment}. */
  Segments: 8,
} as const;

/**
 * Frames that arrived together, as parallel arrays; index i from 0 to `count` - 1 describes one frame. All of it, the
 * buffer too, is valid only until the handler returns: the slots then go back to the kernel. Handlers may write into a
 * frame's bytes (to turn a request into its reply) unless other handlers of the same link follow.
 */
export interface FrameBatch {
  readonly count: number;
  /** Memory that holds all frames of the batch. */
  readonly buffer: Uint8Array;
  /** First byte of the Ethernet header within `buffer`. */
  readonly offset: Int32Array;
  /** Captured bytes, frame check sequence not included. */
  readonly length: Int32Array;
  /** Bytes on the wire; more than `length` if the capture was cut. */
  readonly originalLength: Int32Array;
  readonly direction: Uint8Array;
  readonly flags: Uint8Array;
  /** TCP or UDP payload bytes of each frame that one stands for; only meaningful where `flags` has `Segments`. */
  readonly segment?: Uint16Array;
  /** Arrival in nanoseconds since the link's `epoch`. */
  readonly time: Float64Array;
}

export type FrameHandler = (batch: FrameBatch) => void;

/** What happens to a link, other than frames. */
export type LinkEvent =
  /** The interface was set down, or its peer was; frames cannot pass until `up`. */
  | { readonly type: "down" }
  | { readonly type: "up" }
  /** The interface is gone (deleted, or moved to another namespace); the link will never work again. */
  | { readonly type: "gone" }
  /** An unexpected failure; the link has stopped. */
  | { readonly type: "error"; readonly message: string };

export type LinkEventHandler = (event: LinkEvent) => void;

/** Counters since the link was opened. */
export interface LinkStats {
  readonly rxFrames: number;
  readonly rxBytes: number;
  /** Frames that the kernel (or the wire) dropped because they were not read in time. */
  readonly rxDropped: number;
  /** Frames longer than a receive slot: delivered, but cut. */
  readonly rxTruncated: number;
  readonly txFrames: number;
  readonly txBytes: number;
  /** Frames that could not be sent: interface down or gone, queue full, frame too long. */
  readonly txErrors: number;
  /** The last send error's name, such as ENETDOWN; empty if there was none. */
  readonly lastTxError: string;
}

export interface Link {
  /** The interface's name. */
  readonly name: string;
  /** The interface's own MAC address. */
  readonly mac: Uint8Array;
  /** Largest payload in bytes, Ethernet header not included. */
  readonly mtu: number;
  /** Unix time in whole seconds that `time` and `now()` count from. */
  readonly epoch: number;
  /** The present in nanoseconds since `epoch`, on the clock that stamps received frames. */
  now(): number;

  /** Adds a receiver; frames flow from the first one on. Returns a function that removes it again. */
  onFrames(handler: FrameHandler): () => void;
  /** Adds a listener for what happens to the link. Returns a function that removes it again. */
  onEvent(handler: LinkEventHandler): () => void;

  /** Memory that outgoing frames are written into, at the offset that `reserve` gives. */
  readonly tx: Uint8Array;
  /**
   * Room for one outgoing frame of at most `length` bytes; its bytes hold what an earlier frame left there.
   * Sends what is pending when all slots are taken.
   * @returns the offset in `tx`, or -1 if the frame is longer than a slot (counted in txErrors).
   */
  reserve(length: number): number;
  /** Puts the frame written at the last reserved offset into the batch; `length` as it turned out, in bytes. */
  commit(length: number): void;
  /** True if {@link commitUnfinished} may be called. */
  readonly canCommitUnfinished?: boolean;
  /**
   * As `commit`, for a frame as `FrameFlag.ChecksumNotReady` and `FrameFlag.Segments` tell of: TCP or UDP over IPv4, the
   * checksum that of the pseudo-header alone, and possibly longer than the MTU. Whoever needs to finishes and cuts it.
   * Missing on links that cannot.
   * @param network where the IPv4 header begins within the frame.
   * @param segment payload bytes of each frame that it stands for; 0 if it is a single one.
   */
  commitUnfinished?(length: number, network: number, segment: number): void;
  /**
   * True while a batch is handled whose frames may be rewritten and sent from where they lie: see `commitReceived`.
   * Missing on links that cannot.
   */
  readonly canReturn?: boolean;
  /**
   * Puts a received frame, rewritten in place, into the outgoing batch, which must be flushed before the handler returns.
   * @param offset of its first byte in the received batch's buffer. @param length in bytes.
   */
  commitReceived?(offset: number, length: number): void;
  /**
   * Sends the batch in as few system calls as it takes. Failures are counted, never thrown.
   * @returns the number of frames sent.
   */
  flush(): number;

  stats(): LinkStats;
  /** Ends the link and frees its memory; views into `tx` or a batch must not be used any more. Safe to call twice. */
  close(): void;
}
