import { setImmediate as pause } from 'node:timers/promises';
import { createScreener, type OtherTool, type ScreeningFinding } from './screener.ts';

/** What a server lists, as it came. */
export interface ScreenedLists {
  readonly tools: readonly unknown[];
  readonly prompts: readonly unknown[];
  readonly resources: readonly unknown[];
  readonly resourceTemplates: readonly unknown[];
  readonly instructions: string | undefined;
}

/** What in the lists of a server looks like an attempt on the models that read them, as they came and before anything is cleaned. */
export async function screenLists(
  lists: ScreenedLists,
  others: readonly OtherTool[],
): Promise<readonly ScreeningFinding[]> {
  const screener = createScreener(others);
  const kinds = [
    ['tool', lists.tools],
    ['prompt', lists.prompts],
    ['resource', lists.resources],
    ['resource', lists.resourceTemplates],
  ] as const;
  if (lists.instructions !== undefined) screener.look('server', { instructions: lists.instructions });
  for (const [kind, entries] of kinds) {
    for (const [index, entry] of entries.entries()) {
      if (screener.full) return screener.findings;
      // A thousand descriptions must not hold up the process.
      if (index % 20 === 19) await pause();
      screener.look(kind, entry);
    }
  }
  return screener.findings;
}
