import type { Catalogue, Policy } from './read.ts';
import { jobFunctions, systemAccess } from './system-access.ts';

const setting = `current_setting('app.system_job'::text, true)`;
const oneJob = new RegExp(String.raw`^\(${escape(setting)} = '([a-z-]+)'::text\)`, 'u');
const someJobs = new RegExp(String.raw`^\(${escape(setting)} = ANY \('\{([a-z,-]+)\}'::text\[\]\)\)`, 'u');

const verbs = ['select', 'insert', 'update', 'delete'] as const;

type Verb = (typeof verbs)[number];

/** Policies that open a table across tenants without saying for which job, or for another job than was decided on. */
export function systemPolicyProblems({ policies, functions }: Catalogue): readonly string[] {
  const ofSystem = policies.filter(({ roles }) => roles.includes('devmesh_system'));
  const tables = new Set([...ofSystem.map(({ table }) => table), ...Object.keys(systemAccess)]);
  return [
    ...ofSystem.flatMap(unboundProblems),
    ...[...tables].flatMap((table) => verbs.flatMap((verb) => verbProblems(ofSystem, table, verb))),
    ...functionProblems(functions),
  ];
}

function expressionsOf({ reads, writes }: Policy): readonly string[] {
  return [reads, writes].filter((expression) => expression !== null);
}

function unboundProblems(policy: Policy): readonly string[] {
  const name = `${policy.table}.${policy.name}`;
  const expressions = expressionsOf(policy);
  return [
    ...(policy.verb === 'all' ? [`the policy ${name} is for every verb at once`] : []),
    ...(expressions.every((expression) => jobsOf(expression) !== undefined)
      ? []
      : [`the policy ${name} is not bound to a named job`]),
    ...(policy.verb === 'update' && expressions.length < 2
      ? [`the policy ${name} leaves USING or WITH CHECK out`]
      : []),
  ];
}

/** All policies for a verb together open for exactly the jobs that were decided on. */
function verbProblems(policies: readonly Policy[], table: string, verb: Verb): readonly string[] {
  const found = policies.filter((policy) => policy.table === table && policy.verb === verb);
  const wanted = systemAccess[table]?.[verb] ?? [];
  const jobs = [...new Set(found.flatMap(expressionsOf).flatMap((expression) => jobsOf(expression) ?? []))];
  const more = jobs.filter((job) => !wanted.includes(job));
  const less = wanted.filter((job) => !jobs.includes(job));
  return [
    ...(more.length === 0 ? [] : [`nobody decided that the job ${more.join(', ')} may ${verb} ${table}`]),
    ...(less.length === 0 ? [] : [`the job ${less.join(', ')} was to ${verb} ${table}, and no policy lets it`]),
  ];
}

/** A function that stands for a job must ask for it before anything else. */
function functionProblems(functions: Catalogue['functions']): readonly string[] {
  return Object.entries(jobFunctions).flatMap(([call, job]) => {
    const name = /^mcp\.(\w+)\(/u.exec(call)?.[1];
    const definition = functions.find((candidate) => candidate.name === name)?.definition ?? '';
    const asks = definition.replaceAll(/\s+/gu, ' ').includes(`SELECT ((${setting} = '${job}'::text) AND `);
    return asks ? [] : [`the function ${String(name)} does not ask for the job ${job} first`];
  });
}

/** The jobs that an expression demands before anything else, or undefined where it can be true without one. */
export function jobsOf(expression: string): readonly string[] | undefined {
  const job = jobFunctions[expression];
  if (job !== undefined) return [job];
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

function escape(text: string): string {
  return text.replaceAll(/[()]/gu, String.raw`\$&`);
}
