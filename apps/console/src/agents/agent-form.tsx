import type { CallInput, operations, ResponseOf } from '@devmesh/api';
import type { SubmitEvent } from 'react';
import { ConnectLines } from '../connect/connect-lines.tsx';
import { defaultGatewayOrigin } from '../connect/gateway-origin.ts';
import { Done } from '../layout/done.tsx';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { Field } from '../layout/field.tsx';
import { textOf, wordsOf } from '../layout/form-text.ts';
import { ShownOnce } from '../layout/shown-once.tsx';
import { WriteForm } from '../layout/write-form.tsx';
import { issueOf } from '../session/failure.ts';
import { useSession } from '../session/session.ts';
import { useWrite, type Write } from '../session/use-write.ts';
import type { Agent } from './agent-queries.ts';

type IssuedKey = ResponseOf<typeof operations.identity.createKey>;
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
  const create = useWrite((body: AgentBody, options) => client.agents.createAgent({ body }, options), ['agents']);
  const issue = useWrite(
    ({ id, name }: Agent, options) =>
      client.identity.createKey({ body: { name, type: 'agent', agentId: id } }, options),
    [],
  );
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    create.submit(bodyOf(new FormData(event.currentTarget)), issue.submit);
  };
  if (create.data !== undefined) {
    const another = () => {
      create.reset();
      issue.reset();
    };
    return (
      <Done again="Add another agent" onAgain={another}>
        <AgentKey agent={create.data} issue={issue} />
      </Done>
    );
  }
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
        <button className="button button--primary" type="submit" disabled={create.isPending}>
          Add the agent and make its key
        </button>
      </form>
      {create.error !== null && <FailureNotice error={create.error} />}
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

interface AgentKeyProps {
  readonly agent: Agent;
  readonly issue: Write<Agent, IssuedKey>;
}

/** The key of the agent that was just declared. When only the key failed, only the key is tried again. */
function AgentKey({ agent, issue }: AgentKeyProps) {
  const again = () => {
    issue.submit(agent);
  };
  if (issue.error !== null) {
    return (
      <>
        <p className="notice notice--warn">The agent is declared, but it has no key yet.</p>
        <FailureNotice error={issue.error} onRetry={again} />
      </>
    );
  }
  if (issue.data === undefined) {
    return (
      <p className="loading" role="status">
        Making its key …
      </p>
    );
  }
  return (
    <>
      <ShownOnce label={`Key of ${agent.name}`} secret={issue.data.token} />
      <details className="agent-lines">
        <summary>Connect it now: lines with this key</summary>
        <ConnectLines origin={defaultGatewayOrigin(globalThis.location)} keyText={issue.data.token} />
      </details>
    </>
  );
}
