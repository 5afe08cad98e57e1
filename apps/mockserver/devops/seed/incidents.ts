import type { Incident, TimelineEntry } from '../schemas.ts';
import type { Ago } from './ago.ts';

/** A resolved incident and an open one. */
export function incidents(ago: Ago): Incident[] {
  return [
    {
      id: 'INC-301',
      title: 'Order mails arrive hours late',
      summary: 'The mail queue stood still after a certificate had run out.',
      severity: 'sev3',
      status: 'resolved',
      serviceId: 'notifications',
      deploymentId: null,
      commander: 'mei',
      impact: { customersAffected: 1_840, regions: ['eu-west'] },
      resolution: {
        cause: 'Expired client certificate.',
        actions: ['Renewed it', 'Added an alert 30 days before expiry'],
      },
      openedAt: ago(4_000),
      acknowledgedAt: ago(3_990),
      resolvedAt: ago(3_850),
    },
    {
      id: 'INC-302',
      title: 'Checkout is slow in production',
      summary: null,
      severity: 'sev2',
      status: 'open',
      serviceId: 'checkout',
      deploymentId: 'DEP-2003',
      commander: null,
      impact: { customersAffected: null, regions: ['eu-west', 'us-east'] },
      resolution: null,
      openedAt: ago(60),
      acknowledgedAt: null,
      resolvedAt: null,
    },
  ];
}

/** What happened in each incident. */
export function timelines(ago: Ago): Record<string, TimelineEntry[]> {
  return {
    'INC-301': [
      { at: ago(4_000), kind: 'opened', by: 'monitor', text: 'Order mails arrive hours late' },
      { at: ago(3_990), kind: 'acknowledged', by: 'mei', text: 'mei takes command.' },
      { at: ago(3_900), kind: 'note', by: 'mei', text: 'The relay refuses our client certificate.' },
      { at: ago(3_850), kind: 'resolved', by: 'mei', text: 'Expired client certificate.' },
    ],
    'INC-302': [
      { at: ago(60), kind: 'opened', by: 'monitor', text: 'Checkout is slow in production' },
      { at: ago(55), kind: 'note', by: 'monitor', text: 'p95 latency 510 ms, was 240 ms before 2.14.0.' },
    ],
  };
}
