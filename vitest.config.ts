import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    // Namespaces, neighbour timers and rate limits are shared by the machine: one file at a time keeps them apart.
    fileParallelism: false,
    pool: "forks",
  },
});
