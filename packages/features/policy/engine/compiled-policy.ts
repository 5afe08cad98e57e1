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
  /** The arguments that are named; `all` where the name is computed. Absent: the policy does not depend on arguments. */
  readonly arguments?: 'all' | readonly string[];
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
