import { operations, type ResponseOf } from '@devmesh/api';
import type { Verdict } from '../automation/index.ts';
import { route, type Route } from '../routing.ts';
import type { ReplayProgress } from './replays.ts';
import type { Webhooks } from './service.ts';
import type { ReplayRow } from './store-replays.ts';

/** The routes of replays, and of trying rules on an event. */
export function replayRoutes({ webhooks }: { readonly webhooks: Webhooks }): readonly Route[] {
  const { replayRange, listReplays, getReplay, cancelReplay } = operations.webhooks;
  return [
    route(replayRange, async ({ principal, body, remember }) => {
      const { dryRun, from, to, ...rest } = body;
      const filter = { ...rest, from: new Date(from), to: new Date(to) };
      if (dryRun) return { matching: await webhooks.countReplay(principal, filter) };
      const answer = (replay: ReplayProgress) => ({ replay: presentProgress(replay) });
      return answer(await webhooks.startReplay(principal, filter, (tx, replay) => remember(tx, answer(replay))));
    }),
    route(listReplays, async ({ principal, query }) => {
      const page = await webhooks.listReplays(principal, query);
      return { ...page, items: page.items.map(present) };
    }),
    route(getReplay, async ({ principal, params }) =>
      presentProgress(await webhooks.getReplay(principal, params.replayId)),
    ),
    route(cancelReplay, async ({ principal, params }) =>
      presentProgress(await webhooks.cancelReplay(principal, params.replayId)),
    ),
    route(operations.automation.testRules, async ({ principal, body }) => {
      const verdicts = await webhooks.testRules(principal, body);
      return { outcome: outcomeOf(verdicts), rules: verdicts.map(presentVerdict) };
    }),
  ];
}

function presentProgress(row: ReplayProgress): ResponseOf<typeof operations.webhooks.getReplay> {
  return { ...present(row), waiting: row.waiting };
}

function present(row: ReplayRow): ResponseOf<typeof operations.webhooks.listReplays>['items'][number] {
  return {
    id: row.id,
    state: row.state,
    from: row.from.toISOString(),
    to: row.to.toISOString(),
    replayed: row.replayed,
    skipped: row.skipped,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    ...(row.sourceId === null ? {} : { sourceId: row.sourceId }),
    ...(row.event === null ? {} : { event: row.event }),
    ...(row.status === null ? {} : { status: row.status }),
    ...(row.position === null ? {} : { position: row.position }),
    ...(row.endedAt === null ? {} : { endedAt: row.endedAt.toISOString() }),
  };
}

type Tested = ResponseOf<typeof operations.automation.testRules>;

function presentVerdict(verdict: Verdict): Tested['rules'][number] {
  const { outcome, rule } = verdict;
  return {
    ruleId: rule.id,
    name: rule.name,
    outcome,
    ...(verdict.outcome === 'matches' ? { wouldDo: verdict.wish.summary } : {}),
    ...(verdict.outcome === 'fails' ? { failure: verdict.failure } : {}),
  };
}

/** One rule that fails lets the whole event fail. */
function outcomeOf(verdicts: readonly Verdict[]): Tested['outcome'] {
  if (verdicts.some(({ outcome }) => outcome === 'fails')) return 'fails';
  return verdicts.some(({ outcome, rule }) => outcome === 'matches' && rule.action.type !== 'store')
    ? 'acts'
    : 'stores';
}
