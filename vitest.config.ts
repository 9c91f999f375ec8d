// How the tests run: each file in a process of its own, two at a time. A relief takes less than a
// second; the limits are for machines that are slow or shared.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
