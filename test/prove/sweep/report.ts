/** What a sweep found, gathered as it goes. */
export interface Findings {
  /** Operations, tools and resources that were swept. */
  readonly swept: Set<string>;
  readonly problems: string[];
  /** What B asked for in vain, as the trail has to name it. */
  readonly attempts: Map<string, { readonly operation: string; readonly subject: string }>;
  /** Places of an instance that runs elsewhere which A has nothing for. */
  readonly leftOut: string[];
  requests: number;
}

/** Nothing found yet. */
export function emptyFindings(): Findings {
  return { swept: new Set(), problems: [], attempts: new Map(), leftOut: [], requests: 0 };
}
