/** What the figures were measured on: without it they mean nothing. */
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly arch: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly v8: string;
  /** cpufreq's governor; missing where the kernel shows none, as in most virtual machines. */
  readonly governor?: string;
  /** True where the CPU says that it is a virtual one. */
  readonly virtual: boolean;
  /** Runnable processes over the last minute, when the run began. */
  readonly load: number;
  /** ISO 8601, UTC. */
  readonly date: string;
}

export function machine(): Machine {
  const governor = read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    arch: arch(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    v8: process.versions.v8,
    ...(governor ? { governor } : {}),
    virtual: / hypervisor( |$)/m.test(read("/proc/cpuinfo")),
    load: Math.round(loadavg()[0]! * 100) / 100,
    date: new Date().toISOString(),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
