import type { CallInput, operations } from '@devmesh/api';
import { useState, type SubmitEvent } from 'react';
import { Done } from '../layout/done.tsx';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { Field } from '../layout/field.tsx';
import { textOf } from '../layout/form-text.ts';
import { parseJsonObject } from '../layout/json-object.ts';
import { WriteForm } from '../layout/write-form.tsx';
import { issueOf } from '../session/failure.ts';
import { useSession } from '../session/session.ts';
import { useWrite } from '../session/use-write.ts';

type TaskBody = CallInput<typeof operations.tasks.createTask>['body'];

/** Creates a task. */
export function TaskForm() {
  return (
    <WriteForm title="Create a task" needs="tasks:write">
      <TaskFields />
    </WriteForm>
  );
}

function TaskFields() {
  const { client } = useSession();
  const [wrongInput, setWrongInput] = useState<unknown>();
  const write = useWrite((body: TaskBody, options) => client.tasks.createTask({ body }, options), ['tasks']);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    setWrongInput(undefined);
    try {
      write.submit(bodyOf(new FormData(event.currentTarget)));
    } catch (error) {
      setWrongInput(error);
    }
  };
  if (write.data !== undefined) {
    return (
      <Done again="Create another task" onAgain={write.reset}>
        <p className="notice notice--good" role="status">
          {write.data.status === 'assigned'
            ? 'Created and assigned.'
            : 'Created; it waits for an agent that can do it.'}
        </p>
      </Done>
    );
  }
  return (
    <>
      <form className="form" onSubmit={submit}>
        <Field label="Title" issue={issueOf(write.error, 'title')}>
          {(field) => (
            <input {...field} name="title" required maxLength={300} placeholder="Review the open pull request" />
          )}
        </Field>
        <Field
          label="Capability"
          hint="What an agent must be able to do to get it."
          issue={issueOf(write.error, 'capability')}
        >
          {(field) => <input {...field} name="capability" required maxLength={64} placeholder="code-review" />}
        </Field>
        <Field label="Priority, 0 to 9" issue={issueOf(write.error, 'priority')}>
          {(field) => <input {...field} name="priority" type="number" min={0} max={9} defaultValue={5} required />}
        </Field>
        <Field label="Description (optional)" issue={issueOf(write.error, 'description')}>
          {(field) => <textarea {...field} name="description" rows={2} maxLength={20_000} />}
        </Field>
        <Field label="Input (JSON object, optional)">
          {(field) => <textarea {...field} name="input" rows={3} spellCheck={false} placeholder="{}" />}
        </Field>
        <button className="button button--primary" type="submit" disabled={write.isPending}>
          Create the task
        </button>
      </form>
      {wrongInput !== undefined && <FailureNotice error={wrongInput} />}
      {write.error !== null && <FailureNotice error={write.error} />}
    </>
  );
}

function bodyOf(form: FormData): TaskBody {
  return {
    title: textOf(form, 'title'),
    capability: textOf(form, 'capability'),
    priority: Number(textOf(form, 'priority')),
    description: textOf(form, 'description'),
    input: parseJsonObject(textOf(form, 'input')),
  };
}
