// `npm run siege`: set-up, then every attack on a real cable.
import { requireNode } from "./lib/require-node.js";

requireNode();
process.env.VETHLAB_PARENT = String(process.ppid);

import("./lib/set-up.js")
  .then(({ setUp }) => setUp({ iproute2: true }))
  .then(() => import("../dist/bench/siege/main.js"))
  .then(({ main }) => main(process.argv.slice(2)))
  .then((code) => {
    process.exitCode = code;
  });
