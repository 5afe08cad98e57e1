import { Ago } from '../layout/ago.tsx';
import { Badge } from '../layout/badge.tsx';
import { Disclosure } from '../layout/disclosure.tsx';
import { LeaseCountdown } from './lease-countdown.tsx';
import { statusTones, type Task } from './task-status.ts';

interface TaskRowProps {
  readonly task: Task;
  readonly agentName: string | undefined;
}

/** One task on one line; it opens to its input and result. */
export function TaskRow({ task, agentName }: TaskRowProps) {
  const { title, status, capability, leaseExpiresAt, createdAt } = task;
  return (
    <li>
      <Disclosure
        summary={
          <span className="task__line">
            <Badge tone={statusTones[status]}>{status}</Badge>
            <span className="task__title">{title}</span>
            <span className="task__facts">
              {status === 'pending' ? capability : (agentName ?? capability)} · <Ago at={createdAt} />
              {status === 'assigned' && leaseExpiresAt !== undefined && <LeaseCountdown expiresAt={leaseExpiresAt} />}
            </span>
          </span>
        }
      >
        {() => <TaskDetail task={task} agentName={agentName} />}
      </Disclosure>
    </li>
  );
}

function TaskDetail({ task, agentName }: TaskRowProps) {
  const facts: readonly (readonly [string, string])[] = [
    ['Id', task.id],
    ['Capability', task.capability],
    [task.status === 'pending' ? 'Last agent' : 'Agent', agentName ?? 'none yet'],
    ['Priority', `${String(task.priority)} of 9`],
    ['Attempts', String(task.attempts)],
    ['Fence', String(task.fence)],
    ['From', task.source],
    ['Finished', task.finishedAt === undefined ? 'not yet' : new Date(task.finishedAt).toLocaleString()],
  ];
  return (
    <>
      {task.description !== '' && <p className="task__description">{task.description}</p>}
      {task.error !== undefined && <p className="notice notice--bad">{task.error}</p>}
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h4>Input</h4>
      <pre>{JSON.stringify(task.input, undefined, 2)}</pre>
      <h4>Result</h4>
      {task.result === undefined ? (
        <p className="hint">None yet.</p>
      ) : (
        <pre>{JSON.stringify(task.result, undefined, 2)}</pre>
      )}
    </>
  );
}
