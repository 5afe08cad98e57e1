import { effectOfTool, type ToolResource } from '../policy/index.ts';
import type { ToolAnnotations } from './reading/annotations.ts';

/** What a decision needs to know of a stored tool. */
interface StoredTool {
  readonly name: string;
  readonly service: string;
  readonly annotations: ToolAnnotations;
  readonly tags: readonly string[];
  readonly method: string;
}

/** A stored tool as decisions see it; `server` is where its calls go. */
export function resourceOf({ name, service, annotations, tags, method }: StoredTool, server: string): ToolResource {
  const host = URL.canParse(server) ? new URL(server).host : '';
  return { kind: 'tool', name, service, tags, effect: effectOfTool(annotations), method, host };
}
