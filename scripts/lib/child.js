import { spawn } from "node:child_process";
import { closeLine } from "./report.js";

const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
const OUTPUT_LIMIT = 256 * 1024;
/** Children now running. */
const running = new Set();

/**
 * Runs a command without input and keeps the end of what it prints.
 * @param options.lock a file descriptor that the child keeps open, so that the lock outlives a killed set-up.
 * @param options.gentle a command that must not be cut short (dpkg): it is asked to stop, and waited for.
 * @returns its exit code and output; code 127 if it could not be started.
 */
export function run(command, args, { cwd, env, lock, gentle = false } = {}) {
  return new Promise((resolve) => {
    // A process group of its own, so that its own children go with it.
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", ...(lock === undefined ? [] : [lock])],
    });
    const entry = { child, gentle };
    let output = "";
    const take = (chunk) => {
      output = (output + chunk).slice(-OUTPUT_LIMIT);
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", (error) => {
      running.delete(entry);
      resolve({ code: 127, output: error.message });
    });
    child.on("close", (code) => {
      running.delete(entry);
      resolve({ code: code ?? 1, output: output.trim() });
    });
    running.add(entry);
  });
}

function stop(signal) {
  for (const { child, gentle } of running) {
    try {
      if (gentle) process.kill(child.pid, "SIGINT");
      else process.kill(-child.pid, signal);
    } catch {
      // It has ended already.
    }
  }
}

/**
 * Runs `work`; a signal meanwhile, or the death of the process that started this one (npm, killed), ends its children
 * and then this process.
 */
export async function withChildren(work) {
  const parent = process.ppid;
  let ending = false;

  const end = (signal) => {
    if (ending) return;
    ending = true;
    closeLine();
    stop(signal);
    const began = Date.now();
    setInterval(() => {
      if (Date.now() - began > 1000) stop("SIGKILL");
      if (running.size === 0) process.exit(128 + NUMBERS[signal]);
    }, 20);
  };

  const handlers = Object.keys(NUMBERS).map((signal) => [signal, () => end(signal)]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  const watch = setInterval(() => {
    if (process.ppid !== parent) end("SIGTERM");
  }, 200);
  try {
    const result = await work();
    // A child that failed because it was told to end is no failure of the step: let `end` finish.
    if (ending) await new Promise(() => {});
    return result;
  } catch (error) {
    if (ending) await new Promise(() => {});
    throw error;
  } finally {
    clearInterval(watch);
    for (const [signal, handler] of handlers) process.off(signal, handler);
  }
}
