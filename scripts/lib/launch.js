import { join } from "node:path";
import { ROOT } from "./paths.js";

/** Runs the vethlab command in this process, with an argument list as if the launcher had been started by hand. */
export async function launch(args) {
  process.argv.splice(1, process.argv.length, join(ROOT, "bin/vethlab"), ...args);
  const { main } = await import("../../dist/bundle/command.js");
  process.exitCode = await main(args);
}
