/** ping's counting: which requests are out, which came back, how long they took. In iputils' whole microseconds. */

/** Sequence numbers that are told apart: a reply is a duplicate if its number was answered within the last 65,536. */
const NUMBERS = 0x10000;
const HALF = 0x7fff;

export class Statistics {
  transmitted = 0;
  received = 0;
  duplicates = 0;
  errors = 0;
  /** Most requests that were out at once, as far as answers tell. */
  pipe = 0;
  /** Round-trip times in µs. */
  min = Number.MAX_SAFE_INTEGER;
  max = 0;
  sum = 0;
  sumOfSquares = 0;
  /** Eight times the exponentially weighted moving average, in µs (RFC 6298's way of computing). */
  ewma8 = 0;
  #acknowledged = 0;
  readonly #seen = new Uint8Array(NUMBERS);

  /** The sequence number of the next request. */
  get nextSeq(): number {
    return (this.transmitted + 1) % NUMBERS;
  }

  /** Call before a request is sent: its number may have been used 65,536 requests ago. */
  prepare(): void {
    this.#seen[this.nextSeq] = 0;
  }

  sent(): void {
    this.transmitted++;
    if (((this.transmitted - this.#acknowledged) & 0xffff) > HALF) this.#acknowledged = (this.transmitted + 1) & 0xffff;
  }

  /** Requests that may still be answered. */
  get inFlight(): number {
    const out = (this.transmitted - this.#acknowledged) & 0xffff;
    return out <= HALF ? out : this.transmitted - this.received - this.errors;
  }

  /** True if the request has been answered. */
  isAnswered(number: number): boolean {
    return this.#seen[number % NUMBERS] === 1;
  }

  /** A request was answered, or failed: those before it are not waited for any more. */
  acknowledge(seq: number): void {
    const out = (this.transmitted - seq) & 0xffff;
    if (out > HALF) return;
    if (out + 1 > this.pipe) this.pipe = out + 1;
    const ahead = (seq - this.#acknowledged) & 0xffff;
    const isNewer = ahead !== 0 && ahead <= HALF;
    if (isNewer || ((this.transmitted - this.#acknowledged) & 0xffff) > HALF) this.#acknowledged = seq;
  }

  /** A round-trip time, in µs. */
  time(micros: number): void {
    this.sum += micros;
    this.sumOfSquares += micros * micros;
    if (micros < this.min) this.min = micros;
    if (micros > this.max) this.max = micros;
    this.ewma8 = this.ewma8 === 0 ? micros * 8 : this.ewma8 + micros - Math.trunc(this.ewma8 / 8);
  }

  /** A reply came. @returns true if it is a duplicate. */
  reply(seq: number): boolean {
    this.acknowledge(seq);
    if (this.#seen[seq] === 1) {
      this.duplicates++;
      return true;
    }
    this.#seen[seq] = 1;
    this.received++;
    return false;
  }

  /** Mean in whole µs. */
  get average(): number {
    const total = this.received + this.duplicates;
    return total === 0 ? 0 : Math.trunc(this.sum / total);
  }

  /** Standard deviation in whole µs, by iputils' formula. */
  get deviation(): number {
    const total = this.received + this.duplicates;
    if (total === 0) return 0;
    const variance =
      this.sum < 0x7fffffff
        ? (this.sumOfSquares - Math.trunc((this.sum * this.sum) / total)) / total
        : this.sumOfSquares / total - this.average * this.average;
    return Math.trunc(Math.sqrt(Math.max(0, Math.trunc(variance))));
  }

  get ewma(): number {
    return Math.trunc(this.ewma8 / 8);
  }

  /** Lost requests in percent. */
  get loss(): number {
    return this.transmitted === 0 ? 0 : ((this.transmitted - this.received) * 100) / this.transmitted;
  }
}
