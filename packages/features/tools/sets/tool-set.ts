import { matchesName } from '../../name-pattern.ts';
import { effectOfTool } from '../../policy/index.ts';
import type { ToolAnnotations } from '../reading/annotations.ts';

/** Which tools a set takes in; what it does not name fits anything. */
interface ToolSelector {
  readonly service?: string | undefined;
  /** Names, or patterns with `*`. */
  readonly names?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly effects?: readonly ReturnType<typeof effectOfTool>[] | undefined;
}

/** Tools of several services under an endpoint of their own. */
export interface ToolSetDefinition {
  readonly title: string;
  readonly description: string;
  readonly include: readonly ToolSelector[];
  /** In it in any case but that of `excluded`. */
  readonly pinned: readonly string[];
  /** Names or patterns of tools that are in it in no case. */
  readonly excluded: readonly string[];
  readonly platformTools: boolean;
  readonly unprefixed: boolean;
}

/** What membership depends on. */
export interface SetCandidate {
  readonly name: string;
  readonly service: string;
  readonly tags: readonly string[];
  readonly annotations: ToolAnnotations;
}

/** Whether a tool is in a set. */
export function isInSet(set: ToolSetDefinition, tool: SetCandidate): boolean {
  if (set.excluded.some((pattern) => matchesName(pattern, tool.name))) return false;
  return set.pinned.includes(tool.name) || set.include.some((selector) => selects(selector, tool));
}

/** The services of which a set takes in all there is: an include names each, and nothing else. */
export function wholeServices({ include }: ToolSetDefinition): readonly string[] {
  const whole = include.filter(({ names, tags, effects }) => [names, tags, effects].every((one) => one === undefined));
  return [...new Set(whole.flatMap(({ service }) => service ?? []))];
}

function selects({ service, names, tags, effects }: ToolSelector, tool: SetCandidate): boolean {
  if (service !== undefined && service !== tool.service) return false;
  if (names !== undefined && !names.some((pattern) => matchesName(pattern, tool.name))) return false;
  if (tags !== undefined && !tags.some((tag) => tool.tags.includes(tag))) return false;
  return effects === undefined || effects.includes(effectOfTool(tool.annotations));
}
