import { Panel } from '../layout/panel.tsx';
import { DeadLetterList } from './dead-letter-list.tsx';
import { RuleList } from './rule-list.tsx';
import { SourceForm } from './source-form.tsx';
import { SourceList } from './source-list.tsx';
import { WebhookEventList } from './webhook-event-list.tsx';
import './webhooks.css';

/** Signed webhooks: who may send them, what came in, and what could not be processed. */
export function WebhooksPanel() {
  return (
    <Panel
      id="webhooks"
      title="Webhooks"
      about="Signed deliveries start work: a rule turns an event into a task or another effect."
      needs="webhooks:read"
    >
      <SourceList />
      <SourceForm />
      <h3>Rules</h3>
      <RuleList />
      <h3>Received</h3>
      <WebhookEventList />
      <h3>Dead letters</h3>
      <DeadLetterList />
    </Panel>
  );
}
