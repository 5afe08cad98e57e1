import { AgentsPanel } from './agents/agents-panel.tsx';
import { ConnectPanel } from './connect/connect-panel.tsx';
import { EventsPanel } from './events/events-panel.tsx';
import { FeedProvider } from './events/feed-context.tsx';
import { HealthPanel } from './health/health-panel.tsx';
import { Frame } from './layout/frame.tsx';
import { SearchPanel } from './search/search-panel.tsx';
import { TasksPanel } from './tasks/tasks-panel.tsx';
import { ToolsPanel } from './tools/tools-panel.tsx';
import { WebhooksPanel } from './webhooks/webhooks-panel.tsx';

/** Every panel of the console, in reading order. */
export function Console() {
  return (
    <FeedProvider>
      <Frame aside={<EventsPanel />}>
        <HealthPanel />
        <ToolsPanel />
        <AgentsPanel />
        <TasksPanel />
        <SearchPanel />
        <WebhooksPanel />
        <ConnectPanel />
      </Frame>
    </FeedProvider>
  );
}
