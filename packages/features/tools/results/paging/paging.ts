/**
 * How the next page of an answer is asked for. `argument` names the argument of the tool that says which page; paths lead
 * through the members of the answer.
 */
export type Paging =
  | {
      readonly kind: 'cursor';
      readonly argument: string;
      readonly next: readonly string[];
      readonly items?: readonly string[];
    }
  | {
      readonly kind: 'offset' | 'page';
      readonly argument: string;
      /** How many a page holds. */
      readonly size?: string;
      /** How many a page holds where nobody says. */
      readonly defaultSize?: number;
      /** Of pages: the number of the first one. Default 1. */
      readonly first?: number;
      readonly items?: readonly string[];
    };
