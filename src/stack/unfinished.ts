/**
 * Checksums that a sender left to its network card. On a virtual cable there is none: the frame comes with the checksum
 * unfinished, and who passes it on to a real receiver has to finish it.
 */
import { Fault } from "../../packets/fault.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as tcp from "../../packets/tcp.ts";
import * as udp from "../../packets/udp.ts";

/** Finishes the UDP or TCP checksum of the datagram at `ip`, in place; one that is right stays as it is. */
export function finishChecksum(buf: Uint8Array, ip: number): void {
  // Nobody leaves the checksum of a fragment to a card.
  if (ipv4.isFragment(buf, ip)) return;
  const at = ipv4.payloadOffset(buf, ip);
  const end = ip + ipv4.totalLength(buf, ip);
  const src = ipv4.src(buf, ip);
  const dst = ipv4.dst(buf, ip);
  const protocol = ipv4.protocol(buf, ip);
  if (protocol === ipv4.Protocol.Udp) {
    if (udp.check(buf, at, end) === Fault.None) udp.updateChecksum(buf, at, src, dst);
  } else if (protocol === ipv4.Protocol.Tcp && tcp.check(buf, at, end) === Fault.None)
    tcp.updateChecksum(buf, at, end, src, dst);
}
