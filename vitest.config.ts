import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Sources only: dist holds the harness again.
    include: ['{shared,client,spooler,bin,test}/**/*.test.ts'],
    testTimeout: 10_000,
    hookTimeout: 10_000,
    // Measured on two cores: forks take 1.4 times as long, a third worker gains nothing.
    pool: 'threads',
    maxWorkers: 2,
  },
});
