import { MeshError } from '@devmesh/foundation';
import type { Tasks } from '../../tasks/index.ts';
import { fill } from '../template.ts';
import { defineAction, type Occurrence, type RuleAction } from './action.ts';

const longestTitle = 300;
const longestDescription = 10_000;
const largestInput = 32_768;

/** Creates a task and gives it to an agent that has room. */
export function taskAction({ tasks }: { readonly tasks: Pick<Tasks, 'createManyIn'> }): RuleAction {
  return defineAction({
    type: 'task',
    prepare: ({ title, description, capability, priority }, occurrence) => {
      const filled = fill(title, occurrence.payload, longestTitle);
      if (filled === '') throw new MeshError('invalid_request', `The title "${title}" is empty for this event.`);
      return {
        summary: `Task "${filled}" for ${capability}`,
        request: {
          title: filled,
          description: fill(description, occurrence.payload, longestDescription),
          capability,
          priority,
          input: inputOf(occurrence),
          traceparent: occurrence.traceparent,
        },
      };
    },
    run: async (tx, { tenantId, actor }, requests) => {
      const ids = await tasks.createManyIn(tx, { tenantId, actor, requests, source: 'webhook' });
      return requests.map(({ title }, index) => ({ subjectId: ids[index], summary: `Task "${title}" was created` }));
    },
  });
}

/** What jsonb refuses. */
const unstorable = /\\u(?:0000|d[89a-f])/iu;

/** What the agent is given; a payload that is large or cannot be stored here is left out and can be read as the webhook event. */
function inputOf({ eventId, event, payload }: Occurrence): Record<string, unknown> {
  const base = { webhookEventId: eventId, event };
  const text = JSON.stringify(payload);
  return text.length <= largestInput && !unstorable.test(text)
    ? { ...base, payload }
    : { ...base, payloadOmitted: true };
}
