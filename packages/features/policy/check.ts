import type { ReasonCode } from '@devmesh/api';
import type { PolicyIssue } from './engine/compiled-policy.ts';
import type { PolicyEngine } from './engine/policy-engine.ts';
import type { PolicySet, PolicyVerdict } from './engine/policy-set.ts';
import { mapInTurns } from './in-turns.ts';
import { askWritten, runTest, type PolicyTest, type PolicyTestResult, type WrittenCall } from './policy-test.ts';

/** Policies that somebody thinks of. */
export interface PolicyProposal {
  readonly text: string;
  readonly tests: readonly PolicyTest[];
  /** Calls to compare under the present policies and under these. */
  readonly calls: readonly WrittenCall[];
}

interface JudgedCall {
  readonly allowed: boolean;
  readonly reason: ReasonCode;
  readonly rule: string;
  readonly sentence: string;
}

/** What would come of a proposal. */
export interface PolicyCheck {
  /** Whether it would be taken. */
  readonly valid: boolean;
  readonly issues: readonly PolicyIssue[];
  readonly tests: readonly PolicyTestResult[];
  /** The calls that would be decided otherwise. */
  readonly changes: readonly { readonly name: string; readonly before: JudgedCall; readonly after: JudgedCall }[];
}

/** Reads a proposal, runs its tests and compares calls. */
export async function checkPolicies(
  engine: PolicyEngine,
  present: PolicySet | undefined,
  { text, tests, calls }: PolicyProposal,
): Promise<PolicyCheck> {
  const empty = text.trim() === '';
  const read = empty ? undefined : await engine.read(text);
  if (read !== undefined && read.set === undefined)
    return { valid: false, issues: read.issues, tests: [], changes: [] };
  const proposed = read?.set;
  const results = await mapInTurns(tests, (test) => runTest(proposed, test));
  const compared = await mapInTurns(calls, (call) => {
    const before = judged(askWritten(present, call));
    const after = judged(askWritten(proposed, call));
    const same = before.allowed === after.allowed && before.rule === after.rule;
    return same ? [] : [{ name: call.name, before, after }];
  });
  const changes = compared.flat();
  return { valid: results.every(({ passed }) => passed), issues: [], tests: results, changes };
}

function judged({ reason, policies }: PolicyVerdict): JudgedCall {
  const allowed = reason === 'allowed';
  const rule = policies[0] ?? (allowed ? 'no policies' : 'no permit');
  return { allowed, reason, rule, sentence: `${allowed ? 'Permitted' : 'Denied'} by ${rule}.` };
}
