// `npm run demo`: set-up, then the demo in this very process. It is the only child of npm, and learns npm's process id
// before anything else runs: npm cannot pass a SIGKILL on, so the demo asks the kernel to end it when npm is gone.
import { requireNode } from "./lib/require-node.js";

requireNode();
process.env.VETHLAB_PARENT = String(process.ppid);

import("./lib/set-up.js")
  .then(({ setUp }) => setUp({ iproute2: true }))
  .then(() => import("./lib/launch.js"))
  .then(({ launch }) => launch(["demo", ...process.argv.slice(2)]));
