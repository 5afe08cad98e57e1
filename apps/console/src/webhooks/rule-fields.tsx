import type { CallInput, operations } from '@devmesh/api';
import { textOf } from '../layout/form-text.ts';

type Rule = NonNullable<CallInput<typeof operations.webhooks.createSource>['body']['rules']>[number];

const parts = [
  ['event', 'Event', 'push'],
  ['title', 'Task title', 'Review {repository.full_name}'],
  ['capability', 'Capability', 'code-review'],
] as const;

interface RuleFieldsProps {
  /** One number for each rule, to tell them apart. */
  readonly ids: readonly number[];
  readonly onChange: (ids: readonly number[]) => void;
  readonly issue: string | undefined;
}

/** Rules as rows of three fields. */
export function RuleFields({ ids, onChange, issue }: RuleFieldsProps) {
  return (
    <fieldset className="rules">
      <legend>Rules: which event makes which task</legend>
      {ids.map((id) => (
        <div className="rules__row" key={id}>
          {parts.map(([part, label, placeholder]) => (
            <input key={part} name={`${part}-${String(id)}`} aria-label={label} placeholder={placeholder} required />
          ))}
          <button
            className="button button--small"
            type="button"
            onClick={() => {
              onChange(ids.filter((other) => other !== id));
            }}
          >
            Remove
          </button>
        </div>
      ))}
      <button
        className="button button--small"
        type="button"
        onClick={() => {
          onChange([...ids, Math.max(-1, ...ids) + 1]);
        }}
      >
        Add a rule
      </button>
      {issue !== undefined && <p className="field__issue">{issue}</p>}
    </fieldset>
  );
}

/** The rules as they were typed. */
export function rulesOf(form: FormData, ids: readonly number[]): Rule[] {
  return ids.map((id) => ({
    events: [textOf(form, `event-${String(id)}`)],
    action: {
      type: 'task',
      title: textOf(form, `title-${String(id)}`),
      capability: textOf(form, `capability-${String(id)}`),
    },
  }));
}
