import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAgents } from '../agents/agent-queries.ts';
import { LongList } from '../layout/long-list.tsx';
import { QueryStates } from '../layout/query-states.tsx';
import { queryKeys } from '../session/query-keys.ts';
import { useSession } from '../session/session.ts';
import { TaskRow } from './task-row.tsx';
import { countByStatus, taskStatuses, type Task, type TaskStatus } from './task-status.ts';

const pageSize = 100;

/** The tasks, newest first, with their counts by status. */
export function TaskList() {
  const { client } = useSession();
  const query = useInfiniteQuery({
    queryKey: queryKeys.tasks,
    queryFn: ({ signal, pageParam }) =>
      client.tasks.listTasks(
        { query: { limit: pageSize, ...(pageParam === '' ? {} : { cursor: pageParam }) } },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
    select: ({ pages }) => pages.flatMap((page) => page.items),
  });
  return (
    <QueryStates query={query} what="the tasks" isEmpty={(tasks) => tasks.length === 0} empty={<NoTasks />}>
      {(tasks) => (
        <>
          <TasksByStatus tasks={tasks} more={query.hasNextPage} />
          {query.hasNextPage && (
            <button
              className="button"
              type="button"
              disabled={query.isFetchingNextPage}
              onClick={() => {
                void query.fetchNextPage();
              }}
            >
              Show older tasks
            </button>
          )}
        </>
      )}
    </QueryStates>
  );
}

function NoTasks() {
  return (
    <p>
      There is no task yet. Create one below, let a webhook rule make them, or have an agent call{' '}
      <code>devmesh.task.create</code>.
    </p>
  );
}

function TasksByStatus({ tasks, more }: { readonly tasks: readonly Task[]; readonly more: boolean }) {
  const [status, setStatus] = useState<TaskStatus>();
  const agentNames = useAgentNames();
  const counts = countByStatus(tasks);
  const shown = status === undefined ? tasks : tasks.filter((task) => task.status === status);
  return (
    <>
      <div className="tabs" role="group" aria-label="Show tasks by status">
        <Tab text="all" count={tasks.length} more={more} selected={status === undefined} onSelect={setStatus} />
        {taskStatuses.map((name) => (
          <Tab
            key={name}
            text={name}
            value={name}
            count={counts[name]}
            more={more}
            selected={status === name}
            onSelect={setStatus}
          />
        ))}
      </div>
      {shown.length === 0 && <p className="empty">No task is {status}.</p>}
      <LongList label="Tasks, newest first" items={shown}>
        {(task) => <TaskRow key={task.id} task={task} agentName={agentNames.get(task.agentId ?? '') ?? task.agentId} />}
      </LongList>
    </>
  );
}

interface TabProps {
  readonly text: string;
  readonly value?: TaskStatus;
  readonly count: number;
  /** There are older tasks that are not counted. */
  readonly more: boolean;
  readonly selected: boolean;
  readonly onSelect: (status: TaskStatus | undefined) => void;
}

function Tab({ text, value, count, more, selected, onSelect }: TabProps) {
  return (
    <button
      type="button"
      aria-pressed={selected}
      onClick={() => {
        onSelect(value);
      }}
    >
      {text}{' '}
      <span className="figure">
        {count}
        {more && '+'}
      </span>
    </button>
  );
}

function useAgentNames(): ReadonlyMap<string, string> {
  const { data } = useAgents();
  return new Map((data?.items ?? []).map(({ id, name }) => [id, name]));
}
