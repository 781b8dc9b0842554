/**
 * Hosts that are wrong in one small thing each, and the scripts of conformance/ that must notice. Most are our host behind a
 * link that tampers: a host that does not verify a checksum is one whose frames' checksums are mended before it sees them.
 */
import type { Fault } from "../../src/script/devices/own.ts";
import { type Tamper, TamperedLink, type Tampering } from "../../src/script/devices/tampered-link.ts";
import type { HostOptions } from "../../src/stack/host.ts";

export interface NamedFault {
  /** What the host does wrong. */
  readonly does: string;
  /** Numbers of the scripts that fail then. */
  readonly red: readonly string[];
  readonly make: () => Fault;
}

const tampered = (does: string, red: string, make: (send: (frame: Uint8Array) => void) => Tampering): NamedFault => ({
  does,
  red: red.split(" "),
  make: () => ({
    link: (inner) => {
      const link: TamperedLink = new TamperedLink(
        inner,
        make((frame) => link.inject(frame)),
      );
      return link;
    },
  }),
});
export const hears = (does: string, red: string, make: () => Tamper): NamedFault =>
  tampered(does, red, () => ({ input: make() }));
export const says = (does: string, red: string, make: () => Tamper): NamedFault =>
  tampered(does, red, () => ({ output: make() }));
/** Answers what it hears by itself. */
export const blurts = (does: string, red: string, answer: (frame: Uint8Array) => Uint8Array | null): NamedFault =>
  tampered(does, red, (send) => ({
    input: (frame) => {
      const more = answer(frame.slice());
      if (more !== null) send(more);
      return [frame];
    },
  }));
export const set = (does: string, red: string, options: Partial<HostOptions>): NamedFault => ({
  does,
  red: red.split(" "),
  make: () => ({
    options: (given) => ({
      ...given,
      ...options,
      neighbours: { ...given.neighbours, ...options.neighbours },
      arp: { ...given.arp, ...options.arp },
      errors: { ...given.errors, ...options.errors },
      reassembly: options.reassembly === null ? null : { ...given.reassembly, ...options.reassembly },
    }),
  }),
});
