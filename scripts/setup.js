// `npm run setup`: what the command needs. `-- --tests` adds what the tests compare with; `-- --build` stops after the build.
import { requireNode } from "./lib/require-node.js";

requireNode();
const use = { iproute2: true, native: true, oracles: process.argv.includes("--tests"), verbose: true };

import("./lib/set-up.js").then(({ setUp }) => setUp(process.argv.includes("--build") ? {} : use));
