import { canonicalJson } from '@devmesh/foundation';
import type { Definition } from '../definitions/definition.ts';
import type { ToolAnnotations } from '../reading/annotations.ts';
import { changedBinding } from './changed-binding.ts';
import { changedTexts } from './changed-texts.ts';
import { compareSchemas } from './compare-schemas.ts';

/** One difference between two definitions, and what it means to those who call the tool. */
export interface Finding {
  /** `held`: only a person can tell whether it is meant well. */
  readonly kind: 'compatible' | 'breaking' | 'held';
  readonly at: string;
  readonly change: string;
}

const longestText = 300;
const mostFindings = 50;

/** How a definition differs from the one before; empty only where both say the same. */
export function compareDefinitions(before: Definition, after: Definition): readonly Finding[] {
  const found = [
    ...reached(before, after),
    ...annotated(before.annotations, after.annotations),
    ...inputs(before, after),
    ...outputs(before, after),
    ...said(before, after),
  ];
  const all = found.length > 0 || isEqual(partsOf(before), partsOf(after)) ? found : [compatible];
  return all.slice(0, mostFindings).map(({ kind, at, change }) => ({
    kind,
    at: at.slice(0, longestText),
    change: change.slice(0, longestText),
  }));
}

/** What a list of findings comes to: whatever is held is held, whatever breaks waits. */
export function verdictOf(findings: readonly Finding[]): Finding['kind'] | 'same' {
  const kinds = new Set(findings.map(({ kind }) => kind));
  if (kinds.has('held')) return 'held';
  if (kinds.has('breaking')) return 'breaking';
  return kinds.size > 0 ? 'compatible' : 'same';
}

const compatible: Finding = { kind: 'compatible', at: 'definition', change: 'takes all that it took' };

function partsOf({ name: _name, ...parts }: Definition): unknown {
  return parts;
}

/** Where calls go and how they authenticate there. */
function reached(before: Definition, after: Definition): readonly Finding[] {
  const found: Finding[] = [];
  if (before.method !== after.method) found.push(breaking('method', `is ${after.method} now`));
  if (before.path !== after.path) found.push(breaking('path', `is ${after.path} now`));
  if (hostOf(before.server) !== hostOf(after.server)) {
    found.push({ kind: 'held', at: 'server', change: `is ${after.server ?? 'that of the service'} now` });
  } else if (before.server !== after.server) found.push(breaking('server', `is ${after.server ?? ''} now`));
  if (!isEqual(before.security, after.security)) found.push(breaking('security', 'changed'));
  const binding = changedBinding(before.binding, after.binding);
  if (binding !== undefined) found.push(breaking('binding', binding));
  return found;
}

function hostOf(server: string | null): string | null {
  if (server === null || !URL.canParse(server)) return server;
  const { protocol, host } = new URL(server);
  return `${protocol}//${host}`;
}

/** Which value of an annotation is the safer one to be told. */
const safer: Readonly<Record<keyof ToolAnnotations, boolean>> = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

function annotated(before: ToolAnnotations, after: ToolAnnotations): readonly Finding[] {
  const names = Object.keys(safer) as (keyof ToolAnnotations)[];
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => {
      const kind = after[name] === safer[name] ? 'held' : 'breaking';
      return { kind, at: `annotations.${name}`, change: `is ${String(after[name])} now` };
    });
}

function inputs({ inputSchema: before }: Definition, { inputSchema: after }: Definition): readonly Finding[] {
  if (isEqual(before, after)) return [];
  const unfit = compareSchemas(before, after, { undeclaredIsUnused: true });
  return unfit.map(({ at, change }) => breaking(at === '' ? 'input' : `input.${at}`, change));
}

/** Answers go the other way: whatever comes must be what was promised, and may have more in it. */
function outputs({ outputSchema: before }: Definition, { outputSchema: after }: Definition): readonly Finding[] {
  if (before === null || isEqual(before, after)) return [];
  if (after === null) return [breaking('output', 'is not declared any more')];
  const unfit = compareSchemas(after, before, { moreIsFine: true });
  return unfit.map(({ at }) => breaking(at === '' ? 'output' : `output.${at}`, 'may be something else now'));
}

/** What models and people read, and what rules and policies go by. */
function said(before: Definition, after: Definition): readonly Finding[] {
  const texts = (['title', 'description'] as const).filter((name) => before[name] !== after[name]);
  const input = changedTexts(before.inputSchema, after.inputSchema).map((at) => (at === '' ? 'input' : `input.${at}`));
  const { outputSchema: old } = before;
  const { outputSchema: now } = after;
  const output = old === null || now === null ? [] : changedTexts(old, now).map((at) => `output.${at}`);
  const tags = isEqual([...before.tags].sort(), [...after.tags].sort()) ? [] : ['tags'];
  return [...texts, ...input, ...output, ...tags].map((at) => ({ kind: 'held', at, change: 'says something else' }));
}

function breaking(at: string, change: string): Finding {
  return { kind: 'breaking', at, change };
}

function isEqual(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
