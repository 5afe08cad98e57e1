import { Panel } from '../layout/panel.tsx';
import { AgentForm } from './agent-form.tsx';
import { AgentList } from './agent-list.tsx';
import './agents.css';

/** The agents of the organization: who is here, what each can do and how busy it is. */
export function AgentsPanel() {
  return (
    <Panel
      id="agents"
      title="Agents"
      about="An agent is online while a session with its key is open."
      needs="agents:read"
    >
      <AgentList />
      <AgentForm />
    </Panel>
  );
}
