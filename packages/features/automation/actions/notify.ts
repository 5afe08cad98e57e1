import type { Notifications } from '../../notifications/index.ts';
import { fill } from '../template.ts';
import { defineAction, type Effect, type RuleAction } from './action.ts';

const longestTitle = 200;
const longestText = 4_000;

/** Notifies everybody, or one agent. */
export function notifyAction({
  notifications,
}: {
  readonly notifications: Pick<Notifications, 'notifyIn'>;
}): RuleAction {
  return defineAction({
    type: 'notify',
    prepare: ({ title, text, severity, agentId }, { eventId, payload }) => {
      const filled = fill(title, payload, longestTitle);
      const request = {
        title: filled,
        text: fill(text, payload, longestText),
        severity,
        agentId,
        sourceEventId: eventId,
      };
      return {
        summary: `Notification "${filled}" to ${agentId === undefined ? 'everybody' : `agent ${agentId}`}`,
        request,
      };
    },
    run: async (tx, { actor }, requests) => {
      const effects: Effect[] = [];
      for (const request of requests) {
        const { id } = await notifications.notifyIn(tx, { ...request, actor });
        effects.push({ subjectId: id, summary: `Notification "${request.title}" was sent` });
      }
      return effects;
    },
  });
}
