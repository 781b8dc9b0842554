/** A datagram, or a fragment, of somebody else cut into fragments that fit (RFC 791, 3.2). Allocates: it is not the common way. */
import * as ipv4 from "../../../packets/ipv4.ts";
import * as options from "../../../packets/ipv4-options.ts";

/**
 * The fragments of the datagram at `off`, each with its own header; their checksums are right.
 * @param payload the first byte after its header. @param mtu bytes that a fragment has at most, 68 at least.
 */
export function* fragments(buf: Uint8Array, off: number, payload: number, mtu: number): Generator<Uint8Array> {
  const end = off + ipv4.totalLength(buf, off);
  const header = buf.slice(off, payload);
  const carried = header.subarray(ipv4.MIN_HEADER_LENGTH);
  const later = carried.length === 0 ? carried : options.copied(carried);
  const base = ipv4.fragmentOffset(buf, off);
  const flags = ipv4.flags(buf, off);
  for (let done = 0; payload + done < end; ) {
    const kept = done === 0 ? carried : later;
    const start = ipv4.MIN_HEADER_LENGTH + kept.length;
    const size = Math.min((mtu - start) & ~7, end - payload - done);
    // RFC 791, 3.2: every link takes 68 bytes, which are a header and 8 bytes of data.
    if (size <= 0) return;
    const isLast = payload + done + size === end;
    const piece = new Uint8Array(start + size);
    piece.set(header.subarray(0, ipv4.MIN_HEADER_LENGTH));
    piece.set(kept, ipv4.MIN_HEADER_LENGTH);
    piece.set(buf.subarray(payload + done, payload + done + size), start);
    ipv4.setHeaderLength(piece, 0, start);
    ipv4.setTotalLength(piece, 0, piece.length);
    // What was cut before keeps its place, and what is no last fragment has none that is.
    ipv4.setFragment(piece, 0, isLast ? flags : flags | ipv4.Flag.MoreFragments, base + done);
    ipv4.updateChecksum(piece, 0);
    yield piece;
    done += size;
  }
}
