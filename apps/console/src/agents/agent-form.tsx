import type { CallInput, operations } from '@devmesh/api';
import { useState, type SubmitEvent } from 'react';
import { ConnectLines } from '../connect/connect-lines.tsx';
import { defaultGatewayOrigin } from '../connect/gateway-origin.ts';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { Field } from '../layout/field.tsx';
import { textOf, wordsOf } from '../layout/form-text.ts';
import { ShownOnce } from '../layout/shown-once.tsx';
import { WriteForm } from '../layout/write-form.tsx';
import { issueOf } from '../session/failure.ts';
import { useSession } from '../session/session.ts';
import { useWrite } from '../session/use-write.ts';
import type { Agent } from './agent-queries.ts';

type AgentBody = CallInput<typeof operations.agents.createAgent>['body'];

/** Declares an agent and makes its key in one go. */
export function AgentForm() {
  return (
    <WriteForm title="Add an agent" needs="agents:write">
      <AgentFields />
    </WriteForm>
  );
}

function AgentFields() {
  const { client } = useSession();
  const [agent, setAgent] = useState<Agent>();
  const create = useWrite((body: AgentBody, options) => client.agents.createAgent({ body }, options), ['agents']);
  const issue = useWrite(
    ({ id, name }: Agent, options) =>
      client.identity.createKey({ body: { name, type: 'agent', agentId: id } }, options),
    [],
  );
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    issue.reset();
    create.submit(bodyOf(new FormData(form)), (created) => {
      setAgent(created);
      issue.submit(created);
      form.reset();
    });
  };
  const again = () => {
    if (agent !== undefined) issue.submit(agent);
  };
  return (
    <>
      <form className="form" onSubmit={submit}>
        <Field label="Agent name" issue={issueOf(create.error, 'name')}>
          {(field) => <input {...field} name="name" required maxLength={100} placeholder="reviewer" />}
        </Field>
        <Field
          label="Capabilities"
          hint="Words that tasks ask for, separated by commas or spaces."
          issue={issueOf(create.error, 'capabilities')}
        >
          {(field) => <input {...field} name="capabilities" required placeholder="code-review, testing" />}
        </Field>
        <Field label="Tasks at once" issue={issueOf(create.error, 'maximumTasks')}>
          {(field) => (
            <input {...field} name="maximumTasks" type="number" min={1} max={100} defaultValue={3} required />
          )}
        </Field>
        <Field label="Description (optional)">
          {(field) => <input {...field} name="description" maxLength={2000} />}
        </Field>
        <button className="button button--primary" type="submit" disabled={create.isPending || issue.isPending}>
          Add the agent and make its key
        </button>
      </form>
      {create.error !== null && <FailureNotice error={create.error} />}
      {issue.error !== null && <FailureNotice error={issue.error} onRetry={again} />}
      {issue.data !== undefined && <NewAgentKey name={issue.data.key.name} token={issue.data.token} />}
    </>
  );
}

function bodyOf(form: FormData): AgentBody {
  return {
    name: textOf(form, 'name'),
    description: textOf(form, 'description'),
    capabilities: wordsOf(form, 'capabilities'),
    maximumTasks: Number(textOf(form, 'maximumTasks')),
  };
}

function NewAgentKey({ name, token }: { readonly name: string; readonly token: string }) {
  return (
    <>
      <ShownOnce label={`Key of ${name}`} secret={token} />
      <details>
        <summary>Connect it now: lines with this key</summary>
        <ConnectLines origin={defaultGatewayOrigin(globalThis.location)} keyText={token} />
      </details>
    </>
  );
}
