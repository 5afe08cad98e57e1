import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{apps,packages,test,scripts}/**/*.test.{ts,tsx}'],
    globalSetup: ['./test/setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // How long something takes is a question for a benchmark: a poll fails when it never comes.
    expect: { poll: { timeout: 20_000 } },
  },
});
