// Adds up what both test runs reported: summary.mjs EMBEDDED.json ENGINES.json [failed step...]
// The last line is "N passed, N failed". A step that failed without a failed test counts as one failure, and so does a
// suite for a real engine that was skipped although the engine was there.
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [embedded, engines, ...failedSteps] = process.argv.slice(2);
const print = (line) => process.stdout.write(`${line}\n`);
const needsEngine = /DATABASE_URL|REDIS_URL/;

/** Every test of a report as `{ name, status }`; a file that broke before its tests is one failed test. */
function testsOf(report) {
  if (!existsSync(report)) return [{ name: `${report} was not written`, status: 'failed' }];
  return JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap((file) => {
    const path = relative(process.cwd(), file.name);
    const tests = file.assertionResults.map(({ fullName, status }) => ({ name: `${path}: ${fullName}`, status }));
    const broken = file.status === 'failed' && !tests.some(({ status }) => status === 'failed');
    return broken ? [...tests, { name: `${path}: ${file.message ?? ''}`, status: 'failed' }] : tests;
  });
}

const runs = [testsOf(embedded), testsOf(engines)];
const all = runs.flat();
const skippedOnEngines = runs[1].filter(({ status }) => status !== 'passed' && status !== 'failed');
const unproved = skippedOnEngines.filter(({ name }) => needsEngine.test(name));
const failedTests = all.filter(({ status }) => status === 'failed');
const failures = [...failedTests, ...unproved].map(({ name }) => name);
const otherSteps = failedSteps.filter((name) => failedTests.length === 0 || !/check|tests/.test(name));
failures.push(...otherSteps.map((name) => `the step "${name}"`));

for (const { name } of skippedOnEngines) print(`skipped with engines: ${name}`);
for (const name of failures) print(`FAILED: ${name}`);
const passed = all.filter(({ status }) => status === 'passed').length;
print(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
