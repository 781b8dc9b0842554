import { closeSync, openSync } from "node:fs";
import { run } from "./child.js";
import { findCommand, ROOT } from "./paths.js";
import { say } from "./report.js";

/**
 * Runs `work` while no other set-up of this checkout runs. The lock is the kernel's own, on the checkout's folder: it is
 * gone when whoever holds it is gone, and leaves no file. flock(1) takes it on a descriptor that it shares with us.
 */
export async function exclusively(work) {
  const fd = openSync(ROOT, "r");
  try {
    const flock = findCommand("flock");
    if (flock !== undefined) {
      // In the child the descriptor is number 3. Exit 1: somebody else has it.
      const { code } = await run(flock, ["--exclusive", "--nonblock", "3"], { lock: fd });
      if (code === 1) {
        say("waiting for another set-up of this checkout");
        await run(flock, ["--exclusive", "3"], { lock: fd });
      }
    }
    return await work(fd);
  } finally {
    closeSync(fd);
  }
}
