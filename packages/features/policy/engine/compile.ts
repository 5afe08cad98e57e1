import type { DetailedError, PolicyJson } from '@cedar-policy/cedar-wasm/web';
import { cedarSchema } from '../cedar-schema.ts';
import type { Cedar } from './cedar.ts';
import type { Compilation, CompiledPolicy, PolicyIssue } from './compiled-policy.ts';
import { mentionsOf } from './mentions.ts';

const mostPolicies = 200;
const mostIssues = 50;
const idPattern = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/u;

/** Reads and checks a text of policies: its syntax, its types by our schema, and that every policy has a name of its own. */
export function compilePolicies(cedar: Cedar, text: string): Compilation {
  if (text.trim() === '') return { policies: [], issues: [] };
  const wrong = check(cedar, text);
  if (wrong.length > 0) return { policies: [], issues: wrong.slice(0, mostIssues) };
  const policies = read(cedar, text);
  const issues = [...namingIssues(policies), ...setIssues(policies)];
  return issues.length > 0 ? { policies: [], issues: issues.slice(0, mostIssues) } : { policies, issues };
}

function check(cedar: Cedar, text: string): readonly PolicyIssue[] {
  const bytes = Buffer.from(text, 'utf8');
  const answer = cedar.validate({ schema: cedarSchema, policies: { staticPolicies: text } });
  if (answer.type === 'failure') return answer.errors.map((error) => issueOf(error, bytes));
  return answer.validationErrors.map(({ error }) => issueOf(error, bytes));
}

function issueOf({ message, help, sourceLocations }: DetailedError, bytes: Buffer): PolicyIssue {
  const place = sourceLocations?.[0];
  const hint = [place?.label, help].filter((part) => typeof part === 'string').join('; ');
  return {
    ...(place === undefined ? {} : positionOf(bytes, place.start)),
    // The engine counts policies; people know them by their @id and find them by the line.
    message: message.replace(/^for policy `[^`]*`[,:] /u, '').replace(/^failed to parse policies from string: /u, ''),
    ...(hint === '' ? {} : { help: hint }),
  };
}

/** The engine counts bytes of UTF-8; people count lines and characters. */
function positionOf(bytes: Buffer, offset: number): { line: number; column: number } {
  const before = bytes.subarray(0, offset).toString('utf8');
  const line = before.split('\n');
  return { line: line.length, column: (line.at(-1)?.length ?? 0) + 1 };
}

function read(cedar: Cedar, text: string): readonly CompiledPolicy[] {
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure') throw new Error('A checked text of policies could not be taken apart.');
  return parts.policies.map((part) => {
    const answer = cedar.policyToJson(part);
    if (answer.type === 'failure') throw new Error('A checked policy could not be read.');
    const { json } = answer;
    return { id: json.annotations?.['id'] ?? '', json, mentions: mentionsOf(json) };
  });
}

function namingIssues(policies: readonly CompiledPolicy[]): readonly PolicyIssue[] {
  const seen = new Set<string>();
  return policies.flatMap(({ id, json }): readonly PolicyIssue[] => {
    const head = `The ${json.effect} with the @id "${id}"`;
    if (id === '') return [{ message: `A ${json.effect} has no @id.`, help: 'Begin it with @id("a-name").' }];
    if (!idPattern.test(id)) {
      return [{ message: `${head} has a name that cannot be used.`, help: 'Use letters, digits, dots and hyphens.' }];
    }
    if (seen.has(id)) return [{ message: `${head} has the name of another policy.` }];
    seen.add(id);
    if (hasHugeNumber(json)) return [{ message: `${head} has a number beyond ±9007199254740991.` }];
    return [];
  });
}

/** JSON cannot carry them, and arguments never are that large. */
function hasHugeNumber(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isSafeInteger(value);
  if (typeof value === 'bigint') return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasHugeNumber);
}

function setIssues(policies: readonly CompiledPolicy[]): readonly PolicyIssue[] {
  const permits = policies.some(({ json }: { json: PolicyJson }) => json.effect === 'permit');
  const most = String(mostPolicies);
  return [
    ...(policies.length > mostPolicies ? [{ message: `There are more than ${most} policies.` }] : []),
    ...(permits
      ? []
      : [
          {
            message: 'No policy permits anything, so every call would be denied.',
            help: 'Add @id("everybody") permit(principal, action, resource); to allow what is not forbidden.',
          },
        ]),
  ];
}
