/** What a sweep found, gathered as it goes. */
export interface Findings {
  /** Operations, tools and resources that were swept. */
  readonly swept: Set<string>;
  readonly problems: string[];
  /** What B asked for in vain, as the trail has to name it. */
  readonly attempts: Map<string, { readonly operation: string; readonly subject: string }>;
  requests: number;
}

/** Nothing found yet. */
export function emptyFindings(): Findings {
  return { swept: new Set(), problems: [], attempts: new Map(), requests: 0 };
}
