/** Echo requests for programs: a socket with an identifier of its own, and one request with a promise. */
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import type { Timer } from "../clock.ts";
import type { Host } from "../host.ts";
import type { SendOptions } from "../ipv4/ipv4-output.ts";
import { isSent, type SendResult, sendResultText } from "../send-result.ts";

/** Made by `Host.openEcho`: replies and errors with its identifier come to its handler. */
export class EchoSocket {
  readonly id: number;
  readonly #host: Host;
  readonly #release: () => void;

  constructor(host: Host, id: number, release: () => void) {
    this.#host = host;
    this.id = id;
    this.#release = release;
  }

  /** See `Host.sendEcho`. */
  send(dst: number, seq: number, data: Uint8Array, options?: SendOptions): SendResult {
    return this.#host.sendEcho(dst, this.id, seq, data, options);
  }

  close(): void {
    this.#release();
  }
}

export interface EchoOptions extends SendOptions {
  /** How long to wait, in milliseconds; 1,000 unless given. */
  readonly timeoutMs?: number;
  /** Bytes of data; 56 unless given. */
  readonly size?: number;
}

/** An answer, or the reason why there is none. */
export type EchoResult =
  | {
      readonly from: string;
      readonly rttNs: number;
      readonly ttl: number;
      /** Bytes of data that came back. */
      readonly size: number;
      readonly error?: undefined;
    }
  | { readonly error: string };

/** How many bytes of data `echoOnce` numbers: 0, 1, 2, … 255, 0, … as ping does. */
function numbered(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i);
}

/** One echo request; see `Host.echo`. */
export function echoOnce(host: Host, dst: string | number, options: EchoOptions): Promise<EchoResult> {
  const { timeoutMs = 1000, size = 56 } = options;
  const to = typeof dst === "number" ? dst | 0 : ipv4.parse(dst);
  if (to === null) return Promise.resolve({ error: `${dst} is no IPv4 address: write it as 10.0.0.2` });
  const data = numbered(size);
  return new Promise((resolve) => {
    let timer: Timer | null = null;
    const finish = (result: EchoResult) => {
      host.clock.clearTimer(timer);
      socket.close();
      resolve(result);
    };
    let sent = 0;
    const socket = host.openEcho({
      onReply(reply) {
        const back = reply.length - icmp.HEADER_LENGTH;
        for (let i = 0; i < size; i++) {
          if (i < back && reply.buffer[reply.dataOffset + i] === data[i]) continue;
          return finish({ error: `the data came back changed at byte ${i}` });
        }
        finish({ from: ipv4.format(reply.from), rttNs: reply.time - sent, ttl: reply.ttl, size: back });
      },
      onError(error) {
        finish({ error: `${ipv4.format(error.from)} says: ${icmp.codeName(error.icmpType, error.icmpCode)}` });
      },
    });
    // Noted when the frame is built, just before it leaves: what happens before is no part of the round trip.
    host.cork();
    let result: SendResult;
    try {
      result = socket.send(to, 1, data, options);
      sent = host.link.now();
    } catch (error) {
      return finish({ error: (error as Error).message });
    } finally {
      host.uncork();
    }
    if (!isSent(result)) return finish({ error: sendResultText(result, host.mtuTo(to)) });
    timer = host.clock.setTimer(timeoutMs, () => finish({ error: `no answer within ${timeoutMs} ms` }));
  });
}
