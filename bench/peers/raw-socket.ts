/** raw-socket's createChecksum: the Internet checksum in C++, called from JavaScript. */
import type { Corpus } from "../corpus.ts";
import type { Absent } from "../harness.ts";
import { loadPackage, type Peer, type Workload } from "../peer.ts";

interface RawSocket {
  createChecksum(buf: Buffer): number;
}

export function load(): Peer | Absent {
  const loaded = loadPackage(
    "raw-socket",
    "apt-get install build-essential, then npm install raw-socket (Node 22 or older)",
  );
  if ("absent" in loaded) return loaded;
  const raw = loaded.module as RawSocket;
  return { version: loaded.version, workloads: { checksum: (corpus) => checksum(corpus, raw) } };
}

function checksum({ count, buffer, offset, length }: Corpus, raw: RawSocket): Workload {
  const buffers = Array.from({ length: count }, (_, i) => Buffer.from(buffer.buffer, offset[i]!, length[i]!));
  return {
    pass() {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += raw.createChecksum(buffers[i]!);
      return sum;
    },
  };
}
