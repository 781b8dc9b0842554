/** Where the frames to be sent come from. */

export interface FrameSource {
  /** Bytes of the longest frame. */
  readonly longest: number;
  /** Frames there are; infinity for a template. */
  readonly count: number;
  /** Bytes of frame number `n`, counted from 0. */
  length(n: number): number;
  /** Writes frame `n` at `off`. Frames are asked for in order. */
  write(n: number, buf: Uint8Array, off: number): void;
  /** When frame `n` is due, in milliseconds after the first; missing if the source has no pace of its own. */
  due?(n: number): number;
}
