import { Ago } from '../layout/ago.tsx';
import { Badge } from '../layout/badge.tsx';
import { Bar } from '../layout/bar.tsx';
import { QueryStates } from '../layout/query-states.tsx';
import { useAgents, type Agent } from './agent-queries.ts';

/** The agents, those that are online first. */
export function AgentList() {
  const query = useAgents();
  return (
    <QueryStates query={query} what="the agents" isEmpty={({ items }) => items.length === 0} empty={<NoAgents />}>
      {({ items }) => (
        <ul className="rows" aria-label="Agents">
          {[...items].sort(onlineFirst).map((agent) => (
            <AgentRow key={agent.id} agent={agent} />
          ))}
        </ul>
      )}
    </QueryStates>
  );
}

function onlineFirst(one: Agent, other: Agent): number {
  return Number(other.status === 'online') - Number(one.status === 'online') || one.name.localeCompare(other.name);
}

function NoAgents() {
  return (
    <ol className="steps">
      <li>
        Add an agent below: a name and what it can do, e.g. <code>code-review</code>.
      </li>
      <li>Copy its key, shown once, and paste the line for your client.</li>
      <li>When the client connects, the agent is online and gets tasks that fit.</li>
    </ol>
  );
}

function AgentRow({ agent }: { readonly agent: Agent }) {
  const { name, description, capabilities, status, runningTasks, maximumTasks, lastSeenAt } = agent;
  return (
    <li className="row">
      <div className="row__main">
        <strong>{name}</strong> <Badge tone={status === 'online' ? 'good' : 'plain'}>{status}</Badge>{' '}
        {status === 'offline' && (
          <span className="hint">
            {lastSeenAt === undefined ? (
              'never connected'
            ) : (
              <>
                seen <Ago at={lastSeenAt} />
              </>
            )}
          </span>
        )}
        {description !== '' && <p className="hint">{description}</p>}
        <ul className="words" aria-label={`Capabilities of ${name}`}>
          {capabilities.map((word) => (
            <li key={word}>{word}</li>
          ))}
        </ul>
      </div>
      <div className="row__side">
        <Bar
          label={`Load of ${name}`}
          value={runningTasks}
          maximum={maximumTasks}
          text={`${String(runningTasks)} of ${String(maximumTasks)} tasks`}
        />
      </div>
    </li>
  );
}
