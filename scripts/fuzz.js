// `npm run fuzz`: set-up, then the fuzzer in this very process.
import { requireNode } from "./lib/require-node.js";

requireNode();

import("./lib/set-up.js")
  .then(({ setUp }) => setUp({}))
  .then(() => import("../dist/fuzz/main.js"))
  .then(({ main }) => main(process.argv.slice(2)))
  .then((code) => {
    process.exitCode = code;
  });
