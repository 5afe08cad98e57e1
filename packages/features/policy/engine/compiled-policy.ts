import type { PolicyJson } from '@cedar-policy/cedar-wasm/web';

/** One policy, read and checked. */
export interface CompiledPolicy {
  /** Its @id. */
  readonly id: string;
  readonly json: PolicyJson;
  readonly mentions: Mentions;
}

/** What the conditions of a policy look at. */
export interface Mentions {
  readonly principal: boolean;
  readonly resource: boolean;
  readonly flags: boolean;
  /** Absent: the policy does not depend on arguments. */
  readonly arguments?: MentionedArguments;
}

/** How arguments can be looked at: as texts, as whole numbers, as lists of texts. */
export type ArgumentKind = 'arguments' | 'numbers' | 'lists';

/** Which arguments conditions look at, and as what. */
export interface MentionedArguments {
  /** The paths that are named; `all` where one is computed. */
  readonly paths: 'all' | readonly string[];
  readonly kinds: readonly ArgumentKind[];
}

/** Something wrong in a text of policies. */
export interface PolicyIssue {
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly help?: string;
}

/** What reading a text gives: its policies, or what is wrong with it. */
export interface Compilation {
  readonly policies: readonly CompiledPolicy[];
  readonly issues: readonly PolicyIssue[];
}
