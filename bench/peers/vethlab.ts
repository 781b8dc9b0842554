/** vethlab's own codecs, exactly as shipped: the modules that the stack and the tools import, through the same accessors. */
import { getU16 } from "../../packets/bytes.ts";
import * as inet from "../../packets/checksum.ts";
import type { Corpus } from "../corpus.ts";
import type { Peer, Workload } from "../peer.ts";
import { VERSION } from "../root.ts";
import { neighbourCache } from "./table.ts";
import { buildWorkloads } from "./vethlab-build.ts";
import { parseWorkloads } from "./vethlab-parse.ts";

export function load(): Peer {
  return {
    version: VERSION,
    workloads: {
      ...parseWorkloads,
      checksum,
      "checksum-update": checksumUpdate,
      ...buildWorkloads,
      table: neighbourCache,
    },
  };
}

function checksum({ count, buffer, offset, length }: Corpus): Workload {
  return {
    pass() {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const off = offset[i]!;
        sum = (sum + inet.checksum(buffer, off, off + length[i]!)) | 0;
      }
      return sum;
    },
  };
}

/** Each frame holds three words: the old checksum, the word before and after. */
function checksumUpdate({ count, buffer, offset }: Corpus): Workload {
  return {
    pass() {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const off = offset[i]!;
        const updated = inet.update(getU16(buffer, off), getU16(buffer, off + 2), getU16(buffer, off + 4));
        sum = (sum + updated) | 0;
      }
      return sum;
    },
  };
}
