import type { CallInput, operations } from '@devmesh/api';
import type { SubmitEvent } from 'react';
import { Done } from '../layout/done.tsx';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { Field } from '../layout/field.tsx';
import { textOf } from '../layout/form-text.ts';
import { WriteForm } from '../layout/write-form.tsx';
import { issueOf } from '../session/failure.ts';
import { useSession } from '../session/session.ts';
import { useWrite } from '../session/use-write.ts';

type RepositoryBody = CallInput<typeof operations.knowledge.addRepository>['body'];

/** Adds a repository to the index. */
export function RepositoryForm() {
  return (
    <WriteForm title="Add a repository" needs="knowledge:write">
      <RepositoryFields />
    </WriteForm>
  );
}

function RepositoryFields() {
  const { client } = useSession();
  const write = useWrite(
    (body: RepositoryBody, options) => client.knowledge.addRepository({ body }, options),
    ['repositories'],
  );
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    write.submit({ name: textOf(form, 'name'), path: textOf(form, 'path') });
  };
  if (write.data !== undefined) {
    return (
      <Done again="Add another repository" onAgain={write.reset}>
        <p className="notice notice--good" role="status">
          {write.data.name} is queued; its bar above shows how far the index is.
        </p>
      </Done>
    );
  }
  return (
    <>
      <form className="form" onSubmit={submit}>
        <Field label="Repository name" issue={issueOf(write.error, 'name')}>
          {(field) => <input {...field} name="name" required maxLength={200} placeholder="developer-mesh" />}
        </Field>
        <Field
          label="Folder"
          hint="On the machine of the rag-loader, under REPOSITORY_ROOTS."
          issue={issueOf(write.error, 'path')}
        >
          {(field) => <input {...field} name="path" required placeholder="/srv/git/developer-mesh" />}
        </Field>
        <button className="button button--primary" type="submit" disabled={write.isPending}>
          Add and index
        </button>
      </form>
      {write.error !== null && <FailureNotice error={write.error} />}
    </>
  );
}
