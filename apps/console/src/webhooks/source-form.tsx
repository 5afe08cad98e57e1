import { operations, type CallInput } from '@devmesh/api';
import { useState, type SubmitEvent } from 'react';
import { Done } from '../layout/done.tsx';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { Field } from '../layout/field.tsx';
import { optionalTextOf, textOf } from '../layout/form-text.ts';
import { ShownOnce } from '../layout/shown-once.tsx';
import { WriteForm } from '../layout/write-form.tsx';
import { issueOf } from '../session/failure.ts';
import { useSession } from '../session/session.ts';
import { useWrite } from '../session/use-write.ts';
import { RuleFields, rulesOf } from './rule-fields.tsx';

const kinds = operations.webhooks.createSource.body.shape.kind.options;

type SourceBody = CallInput<typeof operations.webhooks.createSource>['body'];

/** Creates a source and shows its secret once. */
export function SourceForm() {
  return (
    <WriteForm title="Create a source" needs="webhooks:write">
      <SourceFields />
    </WriteForm>
  );
}

function SourceFields() {
  const { client } = useSession();
  const [ruleIds, setRuleIds] = useState<readonly number[]>([0]);
  const write = useWrite(
    (body: SourceBody, options) => client.webhooks.createSource({ body }, options),
    ['webhookSources', 'rules'],
  );
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    write.submit(bodyOf(new FormData(event.currentTarget), ruleIds));
  };
  if (write.data !== undefined) {
    return (
      <Done again="Create another source" onAgain={write.reset}>
        <ShownOnce label={`Secret of ${write.data.source.name}`} secret={write.data.secret} />
      </Done>
    );
  }
  return (
    <>
      <form className="form" onSubmit={submit}>
        <Field label="Source name" issue={issueOf(write.error, 'name')}>
          {(field) => <input {...field} name="name" required maxLength={100} placeholder="github" />}
        </Field>
        <Field label="Sender" issue={issueOf(write.error, 'kind')}>
          {(field) => (
            <select {...field} name="kind" defaultValue="github">
              {kinds.map((kind) => (
                <option key={kind}>{kind}</option>
              ))}
            </select>
          )}
        </Field>
        <Field
          label="Secret (optional)"
          hint="At least 16 characters; left blank, one is made."
          issue={issueOf(write.error, 'secret')}
        >
          {(field) => (
            <input {...field} name="secret" type="password" autoComplete="off" minLength={16} maxLength={500} />
          )}
        </Field>
        <RuleFields ids={ruleIds} onChange={setRuleIds} issue={issueOf(write.error, 'rules')} />
        <button className="button button--primary" type="submit" disabled={write.isPending}>
          Create the source
        </button>
      </form>
      {write.error !== null && <FailureNotice error={write.error} />}
    </>
  );
}

function bodyOf(form: FormData, ruleIds: readonly number[]): SourceBody {
  const secret = optionalTextOf(form, 'secret');
  return {
    name: textOf(form, 'name'),
    kind: kinds.find((kind) => kind === form.get('kind')) ?? 'github',
    rules: rulesOf(form, ruleIds),
    ...(secret === undefined ? {} : { secret }),
  };
}
