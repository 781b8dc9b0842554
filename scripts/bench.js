// `npm run bench`: set-up, then the benchmarks in this very process.
import { requireNode } from "./lib/require-node.js";

requireNode();
process.env.VETHLAB_PARENT = String(process.ppid);

import("./lib/set-up.js")
  .then(({ setUp }) => setUp({ iproute2: true, native: true }))
  .then(() => import("../dist/bench/main.js"))
  .then(({ main }) => main(process.argv.slice(2)))
  .then((code) => {
    process.exitCode = code;
  });
