import { Panel } from '../layout/panel.tsx';
import { TaskForm } from './task-form.tsx';
import { TaskList } from './task-list.tsx';
import './tasks.css';

/** Work for agents: what waits, who has what, what came of it. */
export function TasksPanel() {
  return (
    <Panel
      id="tasks"
      title="Tasks"
      about="Work for agents. A task goes to an online agent with the capability, or waits for one."
      needs="tasks:read"
    >
      <TaskList />
      <TaskForm />
    </Panel>
  );
}
