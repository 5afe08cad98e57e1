import { defineAction, type RuleAction } from './action.ts';

/** Keeps the event and does nothing; the rules after it are not looked at. */
export function storeAction(): RuleAction {
  return defineAction({
    type: 'store',
    prepare: () => ({ summary: 'Stored only', request: undefined }),
    run: (_tx, _circumstances, requests) => Promise.resolve(requests.map(() => ({ summary: 'Stored only' }))),
  });
}
