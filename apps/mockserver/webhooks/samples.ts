import type { Sender } from './sender.ts';

/** Small bodies with the fields that receivers read, for events that nobody gave a payload for. */
export const samples = {
  gitlab: (event) => ({
    object_kind: event
      .replace(/ Hook$/u, '')
      .toLowerCase()
      .replaceAll(' ', '_'),
    ref: 'refs/heads/main',
    project: { path_with_namespace: 'acme/checkout', default_branch: 'main' },
    user_username: 'amara',
    commits: [],
  }),
  bitbucket: () => ({
    actor: { nickname: 'amara' },
    repository: { full_name: 'acme/checkout' },
    push: { changes: [] },
  }),
  gitea: () => ({
    ref: 'refs/heads/main',
    repository: { full_name: 'acme/checkout' },
    pusher: { login: 'amara' },
    commits: [],
  }),
  azureDevops: (event, deliveryId, at) => ({
    id: deliveryId,
    eventType: event,
    publisherId: 'tfs',
    resource: { repository: { name: 'checkout' } },
    createdDate: new Date(at).toISOString(),
  }),
  jira: (event, _deliveryId, at) => ({
    timestamp: at,
    webhookEvent: event,
    issue_event_type_name: 'issue_generic',
    issue: { key: 'SHOP-7', fields: { summary: 'Vouchers are folded in the wrong order' } },
  }),
  slack: (event, deliveryId, at) => ({
    type: 'event_callback',
    team_id: 'T0ACME',
    event_id: deliveryId,
    event_time: Math.floor(at / 1000),
    event: { type: event, user: 'U0AMARA', channel: 'C0SHOP', text: 'deploy checkout' },
  }),
  slackCommand: (_event, deliveryId) => ({
    team_id: 'T0ACME',
    user_name: 'amara',
    command: '/deploy',
    text: 'checkout to staging',
    trigger_id: deliveryId,
  }),
  slackInteraction: (event, deliveryId) => ({
    type: event,
    user: { id: 'U0AMARA' },
    trigger_id: deliveryId,
    actions: [{ action_id: 'approve', value: 'checkout' }],
  }),
  stripe: (event, deliveryId, at) => ({
    id: deliveryId,
    object: 'event',
    type: event,
    created: Math.floor(at / 1000),
    livemode: false,
    data: { object: { id: 'ch_1', amount: 1299, currency: 'eur' } },
  }),
  pagerduty: (event, deliveryId, at) => ({
    event: {
      id: deliveryId,
      event_type: event,
      resource_type: 'incident',
      occurred_at: new Date(at).toISOString(),
      data: { id: 'PGR0VU2', title: 'Checkout answers slowly', urgency: 'high' },
    },
  }),
  sentry: () => ({
    action: 'created',
    data: { issue: { id: '1170820242', title: 'TypeError: vouchers is undefined', project: { slug: 'checkout' } } },
  }),
  datadog: (event, deliveryId) => ({
    id: deliveryId,
    event_type: event,
    title: '[Triggered] Checkout answers slowly',
    org: { id: '1', name: 'acme' },
  }),
  harness: (event, deliveryId) => ({
    trigger: event,
    repo: { path: 'acme/checkout', default_branch: 'main' },
    pull_req: { number: 4, title: 'Fold the discounts in order' },
    sha: deliveryId,
  }),
  artifactory: (event, deliveryId) => ({
    domain: event.split('.')[0],
    event_type: event.split('.')[1],
    data: { repo_key: 'docker-local', path: 'acme/checkout/latest', name: 'latest', sha256: deliveryId },
    subscription_key: 'devmesh',
  }),
  sonarqube: (_event, deliveryId, at) => ({
    taskId: deliveryId,
    status: 'SUCCESS',
    analysedAt: new Date(at).toISOString(),
    project: { key: 'acme_checkout', name: 'checkout' },
    qualityGate: { name: 'Sonar way', status: 'ERROR' },
  }),
  standardWebhooks: (event, _deliveryId, at) => ({
    type: event,
    timestamp: new Date(at).toISOString(),
    data: { id: 'in_1', amount: 1299 },
  }),
  generic: (event, deliveryId) => ({ event, id: deliveryId }),
} as const satisfies Record<string, Sender['sample']>;
