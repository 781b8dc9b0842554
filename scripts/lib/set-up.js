import { existsSync } from "node:fs";
import { join } from "node:path";
import { build, isBuilt } from "./build.js";
import { withChildren } from "./child.js";
import {
  buildNative,
  dependenciesInstalled,
  installDependencies,
  nativeToBuild,
  sayWhatIsNotBuilt,
} from "./dependencies.js";
import { exclusively } from "./lock.js";
import { ROOT } from "./paths.js";
import { SetUpError, say } from "./report.js";
import { needIproute2, wantOracles } from "./system-packages.js";

const DETAIL_LINES = 20;

/**
 * Brings the checkout to where its command runs; what is done is skipped. Ends the process with exit code 2 and one line
 * where something is missing that it cannot mend.
 * @param options.iproute2 the `ip` command is needed.
 * @param options.oracles what the tests compare with is wanted: ping, arping, tcpdump, tshark, libpcap.
 * @param options.native the optional packages cap and raw-socket are wanted.
 * @param options.verbose say so when there was nothing to do, and what stays unavailable.
 */
export async function setUp({ iproute2 = false, oracles = false, native = false, verbose = false }) {
  try {
    await withChildren(async () => {
      // Headers first: cap is built while the dependencies are installed.
      if (oracles) await wantOracles();
      if (iproute2) await needIproute2();
      const todo = () => !dependenciesInstalled() || !isBuilt() || (native && nativeToBuild());
      if (todo()) await exclusively((lock) => installAndBuild(lock, native));
    });
    if (verbose) {
      sayWhatIsNotBuilt();
      say("ready");
    }
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    process.stderr.write(`set-up: ${error.message}\n`);
    if (error.details !== "") process.stderr.write(`${shorten(error.details)}\n`);
    process.exit(2);
  }
}

async function installAndBuild(lock, native) {
  if (!existsSync(join(ROOT, "package-lock.json")))
    throw new SetUpError(`no package-lock.json in ${ROOT}: clone again`);
  if (!dependenciesInstalled()) await installDependencies(lock);
  else if (native && nativeToBuild()) await buildNative(lock);
  if (!isBuilt()) await build(lock);
}

function shorten(output) {
  const lines = output.split("\n");
  if (lines.length <= DETAIL_LINES) return output;
  return [...lines.slice(0, DETAIL_LINES), `(${lines.length - DETAIL_LINES} more lines)`].join("\n");
}
