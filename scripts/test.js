// `npm test`: set-up, then vitest, where it can make network namespaces without touching the machine's own.
import { requireNode } from "./lib/require-node.js";

requireNode();

import("./lib/set-up.js")
  .then(({ setUp }) => setUp({ native: true, oracles: true }))
  .then(() => import("./lib/run-tests.js"))
  .then(({ runTests }) => runTests(process.argv.slice(2)))
  .then((code) => {
    process.exitCode = code;
  });
