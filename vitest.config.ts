import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Suites of packages that share modules: loading them anew for every suite takes as long as the tests. The others start
// programs, browsers and servers, or change what belongs to the process.
const sharing = ['packages/{api,features,foundation,mcp}/**/*.test.ts'];

/** All suites but those whose paths match. Projects take no `--exclude` of the command line. */
export function suitesExcept(leftOut: readonly string[]): ViteUserConfig {
  const never = ['**/node_modules/**', ...leftOut];
  return defineConfig({
    test: {
      globalSetup: ['./test/setup.ts'],
      pool: 'forks',
      maxWorkers: 2,
      testTimeout: 30_000,
      hookTimeout: 60_000,
      // How long something takes is a question for a benchmark: a poll fails when it never comes.
      expect: { poll: { timeout: 20_000 } },
      projects: [
        { extends: true, test: { name: 'sharing', include: sharing, exclude: never, isolate: false } },
        {
          extends: true,
          test: {
            name: 'apart',
            include: ['{apps,packages,test,scripts}/**/*.test.{ts,tsx}'],
            exclude: [...never, ...sharing],
          },
        },
      ],
    },
  });
}

export default suitesExcept([]);
