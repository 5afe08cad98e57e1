import type { Catalogue, Policy } from './read.ts';
import { systemAccess } from './system-access.ts';

const setting = `current_setting('app.system_job'::text, true)`;
const oneJob = new RegExp(String.raw`^\(${escape(setting)} = '([a-z-]+)'::text\)`, 'u');
const someJobs = new RegExp(String.raw`^\(${escape(setting)} = ANY \('\{([a-z,-]+)\}'::text\[\]\)\)`, 'u');

/** Policies that open a table across tenants without saying for which job, or for another job than was decided on. */
export function systemPolicyProblems({ policies }: Catalogue): readonly string[] {
  const ofSystem = policies.filter(({ roles }) => roles.includes('devmesh_system'));
  return [...ofSystem.flatMap(problemsOf), ...missing(ofSystem)];
}

function problemsOf(policy: Policy): readonly string[] {
  const name = `${policy.table}.${policy.name}`;
  const verb = policy.verb as 'select' | 'insert' | 'update' | 'delete';
  const expressions = [policy.reads, policy.writes].filter((expression) => expression !== null);
  const wanted = systemAccess[policy.table]?.[verb];
  if (wanted === undefined) return [`nobody decided on the policy ${name} for ${verb}`];
  const problems = expressions.flatMap((expression) => {
    const jobs = jobsOf(expression);
    if (jobs === undefined) return [`the policy ${name} is not bound to a named job`];
    return sameJobs(jobs, wanted) ? [] : [`the policy ${name} opens for ${jobs.join(', ')}, not ${wanted.join(', ')}`];
  });
  const halves =
    verb === 'update' && expressions.length < 2 ? [`the policy ${name} leaves USING or WITH CHECK out`] : [];
  return [...problems, ...halves];
}

function missing(policies: readonly Policy[]): readonly string[] {
  return Object.entries(systemAccess).flatMap(([table, { columns: _columns, ...verbs }]) =>
    Object.keys(verbs)
      .filter((verb) => !policies.some((policy) => policy.table === table && policy.verb === verb))
      .map((verb) => `the policy for ${verb} on ${table}, which was decided on, is not there`),
  );
}

/** The jobs that an expression demands before anything else, or undefined where it can be true without one. */
export function jobsOf(expression: string): readonly string[] | undefined {
  const whole = bound(expression);
  if (whole !== undefined && whole.rest === '') return whole.jobs;
  // All that follows is joined by AND, so it can only narrow what the job sees.
  const first = expression.startsWith('((') ? bound(expression.slice(1)) : undefined;
  return first !== undefined && isConjunction(first.rest) ? first.jobs : undefined;
}

interface Bound {
  readonly jobs: readonly string[];
  readonly rest: string;
}

function bound(text: string): Bound | undefined {
  const found = oneJob.exec(text) ?? someJobs.exec(text);
  return found === null ? undefined : { jobs: (found[1] ?? '').split(','), rest: text.slice(found[0].length) };
}

/** Whether ` AND (...) AND (...))` goes on to the end without an OR of its own level. */
function isConjunction(rest: string): boolean {
  let depth = 0;
  let level = '';
  for (const sign of rest.replaceAll(/'(?:[^']|'')*'/gu, '')) {
    if (sign === ')') depth -= 1;
    if (depth === 0) level += sign;
    if (sign === '(') depth += 1;
  }
  return depth === -1 && /^(?: AND (?:\(\)|[a-z_.]+))+$/u.test(level);
}

function sameJobs(found: readonly string[], wanted: readonly string[]): boolean {
  return found.toSorted().join() === wanted.toSorted().join();
}

function escape(text: string): string {
  return text.replaceAll(/[()]/gu, String.raw`\$&`);
}
