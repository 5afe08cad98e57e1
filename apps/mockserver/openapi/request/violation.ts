/** One way in which a request does not fit the document. */
export interface Violation {
  /** Dotted place, such as `query.limit` or `body.title`. */
  readonly path: string;
  readonly message: string;
}
