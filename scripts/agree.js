// `npm run agree`: set-up, then the comparison with tcpdump in this very process.
import { requireNode } from "./lib/require-node.js";

requireNode();

import("./lib/set-up.js")
  .then(({ setUp }) => setUp({}))
  .then(() => import("../dist/bench/agree/main.js"))
  .then(({ main }) => main(process.argv.slice(2)))
  .then((code) => {
    process.exitCode = code;
  });
