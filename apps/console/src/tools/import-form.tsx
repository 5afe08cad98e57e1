import type { CallInput, operations, ResponseOf } from '@devmesh/api';
import { useState, type SubmitEvent } from 'react';
import { Done } from '../layout/done.tsx';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { Field } from '../layout/field.tsx';
import { optionalTextOf, textOf } from '../layout/form-text.ts';
import { WriteForm } from '../layout/write-form.tsx';
import { issueOf } from '../session/failure.ts';
import { useSession } from '../session/session.ts';
import { useWrite } from '../session/use-write.ts';

type ImportBody = CallInput<typeof operations.tools.importTool>['body'];
type Imported = ResponseOf<typeof operations.tools.importTool>;
type Source = 'url' | 'document';

/** Imports an OpenAPI document, and tells which of its operations could not become tools. */
export function ImportForm() {
  return (
    <WriteForm title="Import a service" needs="tools:write">
      <ImportFields />
    </WriteForm>
  );
}

function ImportFields() {
  const { client } = useSession();
  const [source, setSource] = useState<Source>('url');
  const write = useWrite(
    (body: ImportBody, options) => client.tools.importTool({ body }, options),
    ['tools', 'catalogue'],
  );
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    write.submit(bodyOf(new FormData(event.currentTarget), source));
  };
  if (write.data !== undefined) {
    return (
      <Done again="Import another service" onAgain={write.reset}>
        <ImportResult imported={write.data} />
      </Done>
    );
  }
  return (
    <>
      <form className="form" onSubmit={submit}>
        <Field
          label="Name"
          hint="Prefix of its tools’ names: lower-case letters, digits and underscores."
          issue={issueOf(write.error, 'name')}
        >
          {(field) => (
            <input {...field} name="name" required maxLength={24} pattern="[a-z][a-z0-9_]*" placeholder="acme" />
          )}
        </Field>
        <SourceChoice source={source} onChoose={setSource} />
        <SourceField source={source} error={write.error} />
        <Field label="Bearer token (optional)" hint="How its calls authenticate. Stored encrypted, never shown again.">
          {(field) => <input {...field} name="token" type="password" autoComplete="off" />}
        </Field>
        <button className="button button--primary" type="submit" disabled={write.isPending}>
          {write.isPending ? 'Importing …' : 'Import'}
        </button>
      </form>
      {write.error !== null && <FailureNotice error={write.error} />}
    </>
  );
}

function bodyOf(form: FormData, source: Source): ImportBody {
  const token = optionalTextOf(form, 'token');
  return {
    name: textOf(form, 'name'),
    [source]: textOf(form, source),
    ...(token === undefined ? {} : { credential: { kind: 'bearer', token } }),
  };
}

function SourceChoice({ source, onChoose }: { readonly source: Source; readonly onChoose: (source: Source) => void }) {
  const choices = [
    ['url', 'Fetch from an address'],
    ['document', 'Paste the document'],
  ] as const;
  return (
    <fieldset className="choice">
      <legend>Document</legend>
      {choices.map(([value, text]) => (
        <label key={value}>
          <input
            type="radio"
            name="source"
            value={value}
            checked={source === value}
            onChange={() => {
              onChoose(value);
            }}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

function SourceField({ source, error }: { readonly source: Source; readonly error: unknown }) {
  if (source === 'url') {
    return (
      <Field label="Address" hint="The server fetches it, not your browser." issue={issueOf(error, 'url')}>
        {(field) => (
          <input {...field} name="url" type="url" required placeholder="http://127.0.0.1:8082/openapi.json" />
        )}
      </Field>
    );
  }
  return (
    <Field label="OpenAPI 3 document" hint="JSON or YAML." issue={issueOf(error, 'document')}>
      {(field) => <textarea {...field} name="document" required rows={8} spellCheck={false} />}
    </Field>
  );
}

function ImportResult({ imported: { tool, skipped } }: { readonly imported: Imported }) {
  return (
    <div className="notice notice--good" role="status">
      <p>
        <strong>{tool.title} is imported.</strong> {tool.operationCount} operations became tools
        {skipped.length > 0 && `; ${String(skipped.length)} did not`}.
      </p>
      {skipped.length > 0 && (
        <ul>
          {skipped.map(({ method, path, reason }) => (
            <li key={`${method} ${path}`}>
              <code>
                {method} {path}
              </code>
              : {reason}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
