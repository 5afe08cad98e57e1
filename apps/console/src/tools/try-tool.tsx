import type { operations, ResponseOf } from '@devmesh/api';
import { useMutation } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { Badge } from '../layout/badge.tsx';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { Field } from '../layout/field.tsx';
import { textOf } from '../layout/form-text.ts';
import { parseJsonObject, prettyJson } from '../layout/json-object.ts';
import { Prose } from '../layout/prose.tsx';
import { useSession } from '../session/session.ts';
import { exampleArguments } from './example-arguments.ts';

type McpTool = ResponseOf<typeof operations.tools.catalogue>['items'][number];
type CallResult = ResponseOf<typeof operations.tools.callTool>;

/** What a tool is for, and a form that truly calls it. */
export function TryTool({ tool }: { readonly tool: McpTool }) {
  const { client, may } = useSession();
  const call = useMutation({
    mutationFn: async (text: string) =>
      client.tools.callTool({ params: { name: tool.name }, body: { arguments: parseJsonObject(text) } }),
  });
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    call.mutate(textOf(new FormData(event.currentTarget), 'arguments'));
  };
  return (
    <>
      <p className="tools__description">
        <Prose text={tool.description} />
      </p>
      <details>
        <summary>Input schema</summary>
        <pre>{JSON.stringify(tool.inputSchema, undefined, 2)}</pre>
      </details>
      {may('tools:call') && (
        <form className="form" onSubmit={submit} aria-label={`Call ${tool.name}`}>
          <Field label="Arguments (JSON)">
            {(field) => (
              <textarea
                {...field}
                name="arguments"
                rows={5}
                spellCheck={false}
                defaultValue={JSON.stringify(exampleArguments(tool.inputSchema), undefined, 2)}
              />
            )}
          </Field>
          <button className="button button--primary" type="submit" disabled={call.isPending}>
            {call.isPending ? 'Calling …' : 'Call the tool'}
          </button>
        </form>
      )}
      {call.error !== null && <FailureNotice error={call.error} />}
      {call.data !== undefined && <Answer result={call.data} />}
    </>
  );
}

function Answer({ result }: { readonly result: CallResult }) {
  return (
    <div role="status">
      <p>
        <Badge tone={result.isError ? 'bad' : 'good'}>
          {result.isError ? 'error' : 'ok'} {result.status ?? ''}
        </Badge>{' '}
        {result.truncated && <Badge tone="warn">cut off</Badge>}
      </p>
      {result.content.map((piece, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- the pieces of one answer never change places
        <pre key={index}>{shownPiece(piece)}</pre>
      ))}
    </div>
  );
}

function shownPiece(piece: CallResult['content'][number]): string {
  if (piece.type === 'text') return piece.text === '' ? '(an empty body)' : prettyJson(piece.text);
  if (piece.type === 'resource_link') return `${piece.name}: ${piece.uri}`;
  if (piece.type === 'resource') return piece.resource.text ?? piece.resource.uri;
  return `${piece.type} (${piece.mimeType})`;
}
