/** Why an operation did not become a tool. */
const skipCodes = ['extension', 'method_never_sent', 'path_item_unresolved'] as const;

/** What of a tool was left open, left out or put elsewhere. */
const loosenCodes = [
  'reference_unresolved',
  'schema_too_large',
  'parameter_left_out',
  'body_left_open',
  'media_type_guessed',
  'other_server',
] as const;

type RemarkCode = (typeof skipCodes)[number] | (typeof loosenCodes)[number];

/** What is said about a part of an operation. */
export interface PartRemark {
  readonly code: RemarkCode;
  /** A sentence's worth for people. */
  readonly reason: string;
}

/** What is said about an operation; `*` as the method stands for all of a path. */
export interface Remark extends PartRemark {
  readonly method: string;
  readonly path: string;
}

/** Remarks on one operation, each said once. */
export interface Remarks {
  add(code: RemarkCode, reason: string): void;
  addAll(remarks: Iterable<PartRemark>): void;
  all(): readonly PartRemark[];
}

const mostPerOperation = 50;

/** An empty list of remarks. */
export function createRemarks(): Remarks {
  const remarks = new Map<string, PartRemark>();
  const add = (code: RemarkCode, reason: string): void => {
    if (remarks.size < mostPerOperation) remarks.set(`${code} ${reason}`, { code, reason });
  };
  return {
    add,
    addAll: (given) => {
      for (const { code, reason } of given) add(code, reason);
    },
    all: () => [...remarks.values()],
  };
}
