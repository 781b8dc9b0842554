// `npm run conformance`: set-up, then every script on every device, and docs/conformance.md made of what became of them.
import { requireNode } from "./lib/require-node.js";

requireNode();

const args = ["script", "--on", "all", "--report", "docs/conformance.md", "conformance", ...process.argv.slice(2)];
process.argv.splice(2, process.argv.length, ...args);

import("./lib/set-up.js")
  .then(({ setUp }) => setUp({ iproute2: true }))
  .then(() => import("../dist/src/cli/main.js"))
  .then(({ main }) => main(args))
  .then((code) => {
    process.exitCode = code;
  });
