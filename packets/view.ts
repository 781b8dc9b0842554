/** DataViews, one for each buffer: made when first asked for, and gone with the buffer. */

/** Longest buffer: with offsets known to lie below 2^30, V8 adds to them without looking for an overflow. */
export const MAX_BUFFER = 0x40000000;

const views = new WeakMap<Uint8Array, DataView>();

/**
 * A DataView of the whole of `buf`, the same at every call: looking it up takes some 4 ns and allocates nothing.
 * @throws {RangeError} if the buffer is longer than MAX_BUFFER.
 */
export function viewOf(buf: Uint8Array): DataView {
  return views.get(buf) ?? newView(buf);
}

function newView(buf: Uint8Array): DataView {
  if (buf.length > MAX_BUFFER) throw new RangeError(`packets lie in buffers of up to ${MAX_BUFFER} bytes`);
  const view = new DataView(buf.buffer, buf.byteOffset, buf.length);
  views.set(buf, view);
  return view;
}
