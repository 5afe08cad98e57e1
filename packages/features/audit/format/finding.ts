/** What can be wrong with an exported trail. */
export type FindingCode =
  | 'malformed'
  | 'order'
  | 'missing'
  | 'content'
  | 'link'
  | 'foreign'
  | 'key'
  | 'checkpoint'
  | 'truncated'
  | 'trailing'
  | 'digest'
  | 'after';

/** The first thing that is wrong, and where. */
export interface Finding {
  readonly code: FindingCode;
  /** The line of the file, from 1. */
  readonly line: number;
  /** The place in the chain, where the line has one. */
  readonly seq?: number | undefined;
  readonly sentence: string;
}

/** Ends the reading of a trail at the first thing that is wrong. */
export class TamperedError extends Error {
  readonly finding: Finding;

  constructor(finding: Finding) {
    super(finding.sentence);
    this.name = 'TamperedError';
    this.finding = finding;
  }
}
