// Adds up what was reported: summary.mjs EMBEDDED.json ENGINES.json FOLDER [failed step...]
// FOLDER holds what the chaos runs printed, as chaos-NAME.txt: each run is a test, and each planted bug one of its own; and
// what the proof of isolation printed, as prove-NAME.txt: each check and each planted bug is a test.
// Reports of other tests are there as tests-NAME.json.
// The last line is "N passed, N failed". A step that failed without a failed test counts as one failure, and so does a
// suite for a real engine that was skipped although the engine was there.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const [embedded, engines, folder, ...failedSteps] = process.argv.slice(2);
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

/** Every chaos run as a test; a run that broke has printed no figures and failed. */
function testsOfChaos(name) {
  const last = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').at(-1) ?? '';
  const run = name.replace(/\.txt$/, '');
  if (!last.startsWith('{')) return [{ name: `${run} broke`, status: 'failed' }];
  const { chaos, passed, failures, figures } = JSON.parse(last);
  if (chaos !== 'plants') return [{ name: `${run}: ${failures.join('; ')}`, status: passed ? 'passed' : 'failed' }];
  return Object.entries(figures)
    .filter(([, figure]) => /caught/i.test(figure))
    .map(([plant, figure]) => ({
      name: `${run}: ${plant} was ${figure}`,
      status: figure.startsWith('caught') ? 'passed' : 'failed',
    }));
}

/** Every check of the proof of isolation, or every planted bug, as a test; a run that broke has printed no figures and failed. */
function testsOfProof(name) {
  const last = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').at(-1) ?? '';
  const run = name.replace(/\.txt$/, '');
  if (!last.startsWith('{')) return [{ name: `${run} broke`, status: 'failed' }];
  const { failures, figures } = JSON.parse(last);
  return Object.keys(figures).map((check) => {
    const found = failures.filter((failure) => failure.startsWith(`${check}: `));
    return { name: `${run}: ${check} ${found.join('; ')}`, status: found.length === 0 ? 'passed' : 'failed' };
  });
}

const proofs = readdirSync(folder)
  .filter((name) => name.startsWith('prove-'))
  .toSorted()
  .flatMap((name) => testsOfProof(name));
const chaosRuns = readdirSync(folder)
  .filter((name) => name.startsWith('chaos-'))
  .toSorted()
  .flatMap((name) => testsOfChaos(name));
const others = readdirSync(folder)
  .filter((name) => name.startsWith('tests-'))
  .toSorted()
  .flatMap((name) => testsOf(join(folder, name)));
const runs = [testsOf(embedded), testsOf(engines)];
const all = [...runs.flat(), ...others, ...chaosRuns, ...proofs];
const skippedOnEngines = runs[1].filter(({ status }) => status !== 'passed' && status !== 'failed');
const unproved = skippedOnEngines.filter(({ name }) => needsEngine.test(name));
const failedTests = all.filter(({ status }) => status === 'failed');
const failures = [...failedTests, ...unproved].map(({ name }) => name);
const otherSteps = failedSteps.filter(
  (name) => failedTests.length === 0 || !/check|tests|conformance|clients|chaos|isolation/.test(name),
);
failures.push(...otherSteps.map((name) => `the step "${name}"`));

for (const { name } of skippedOnEngines) print(`skipped with engines: ${name}`);
for (const name of failures) print(`FAILED: ${name}`);
const passed = all.filter(({ status }) => status === 'passed').length;
print(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
