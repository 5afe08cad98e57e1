interface Told {
  readonly operationId: string | undefined;
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly deprecated: boolean;
  readonly method: string;
  readonly path: string;
}

const longestTitle = 120;
const longestDescription = 1_000;

/** A short title for people. */
export function titleOf(operation: Told): string {
  const title = operation.summary ?? operation.operationId ?? `${operation.method} ${operation.path}`;
  return shorten(oneLine(title), longestTitle);
}

/** What a model reads to choose the tool: the summary, then the description, within a bound. */
export function descriptionOf(operation: Told): string {
  const { summary, description } = operation;
  const repeats = summary !== undefined && description?.startsWith(summary) === true;
  const parts = [
    operation.deprecated ? 'Deprecated.' : undefined,
    repeats ? undefined : summary,
    description,
    summary === undefined && description === undefined ? `${operation.method} ${operation.path}` : undefined,
  ].filter((part) => part !== undefined);
  return shorten(parts.join('\n\n'), longestDescription);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').trim();
}

function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // Never half of a surrogate pair.
  const cut = text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/u, '');
  return `${cut.trimEnd()}…`;
}
