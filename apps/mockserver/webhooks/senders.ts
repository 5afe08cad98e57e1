import { createHmac } from 'node:crypto';
import { githubPush, signGitHub } from './github.ts';
import { samples } from './samples.ts';
import type { Outgoing, Sender } from './sender.ts';

const github: Sender = {
  event: 'push',
  sample: (_event, _deliveryId, at) => githubPush({ at }),
  headers: ({ secret, event, deliveryId, rawBody }) => ({
    'user-agent': 'GitHub-Hookshot/044aadd',
    'x-github-event': event,
    'x-github-delivery': deliveryId,
    'x-github-hook-id': '1',
    'x-hub-signature-256': signGitHub(secret, rawBody),
  }),
};

const gitlab: Sender = {
  event: 'Push Hook',
  sample: samples.gitlab,
  headers: (outgoing) => ({ ...gitlabLabels(outgoing), 'x-gitlab-token': outgoing.secret }),
};

const bitbucket: Sender = {
  event: 'repo:push',
  sample: samples.bitbucket,
  headers: ({ secret, event, deliveryId, rawBody }) => ({
    'x-event-key': event,
    'x-request-uuid': deliveryId,
    'x-attempt-number': '1',
    'x-hub-signature': `sha256=${hex(secret, rawBody)}`,
  }),
};

const jira: Sender = {
  event: 'jira:issue_updated',
  sample: samples.jira,
  headers: ({ secret, deliveryId, rawBody }) => ({
    'user-agent': 'Atlassian Webhook HTTP Client',
    'x-atlassian-webhook-identifier': deliveryId,
    'x-hub-signature': `sha256=${hex(secret, rawBody)}`,
  }),
};

const slack: Sender = {
  event: 'app_mention',
  sample: samples.slack,
  headers: ({ secret, rawBody, at }) => ({
    'x-slack-request-timestamp': seconds(at),
    'x-slack-signature': `v0=${hex(secret, `v0:${seconds(at)}:${rawBody}`)}`,
  }),
};

const harness: Sender = {
  event: 'pullreq_created',
  sample: samples.harness,
  headers: ({ secret, event, rawBody }) => ({
    'x-harness-trigger': event,
    'x-harness-signature': hex(secret, rawBody),
  }),
};

const datadog: Sender = {
  event: 'query_alert_monitor',
  sample: samples.datadog,
  headers: ({ secret }) => ({ 'x-webhook-token': secret }),
};

const artifactory: Sender = {
  event: 'artifact.deployed',
  sample: samples.artifactory,
  headers: ({ secret, rawBody }) => ({ 'x-jfrog-event-auth': hex(secret, rawBody) }),
};

/** Every sender by name; a hyphened name such as `gitlab-signed` is the provider set up in another way. */
export const senders = {
  github,
  'github-form': { ...github, encode: payloadField },
  gitlab,
  'gitlab-signed': { ...gitlab, headers: (outgoing) => ({ ...gitlabLabels(outgoing), ...standardHeaders(outgoing) }) },
  bitbucket,
  gitea: selfHosted('gitea', samples.gitea),
  gogs: selfHosted('gogs', samples.gitea),
  'azure-devops': { event: 'git.push', sample: samples.azureDevops, headers: ({ secret }) => basic('devmesh', secret) },
  jira,
  slack,
  'slack-command': { ...slack, event: 'slash_command', sample: samples.slackCommand, encode: formOf },
  'slack-interaction': { ...slack, event: 'block_actions', sample: samples.slackInteraction, encode: payloadField },
  stripe: {
    event: 'charge.succeeded',
    sample: samples.stripe,
    headers: ({ secret, rawBody, at }) => ({
      'stripe-signature': `t=${seconds(at)},v1=${hex(secret, `${seconds(at)}.${rawBody}`)}`,
    }),
  },
  pagerduty: {
    event: 'incident.triggered',
    sample: samples.pagerduty,
    headers: ({ secret, rawBody }) => ({
      'x-webhook-subscription': 'PDEVMSH',
      'x-pagerduty-signature': `v1=${hex(secret, rawBody)}`,
    }),
  },
  sentry: {
    event: 'issue',
    sample: samples.sentry,
    headers: ({ secret, event, deliveryId, rawBody, at }) => ({
      'request-id': deliveryId,
      'sentry-hook-resource': event,
      'sentry-hook-timestamp': seconds(at),
      'sentry-hook-signature': hex(secret, rawBody),
    }),
  },
  datadog,
  'datadog-basic': { ...datadog, headers: ({ secret }) => basic('datadog', secret) },
  harness,
  'harness-token': { ...harness, headers: ({ secret }) => ({ 'x-harness-webhook-token': secret }) },
  artifactory,
  'artifactory-token': { ...artifactory, headers: ({ secret }) => ({ 'x-jfrog-event-auth': secret }) },
  sonarqube: {
    event: 'analysis',
    sample: samples.sonarqube,
    headers: ({ secret, rawBody }) => ({
      'x-sonarqube-project': 'acme_checkout',
      'x-sonar-webhook-hmac-sha256': hex(secret, rawBody),
    }),
  },
  'standard-webhooks': { event: 'invoice.paid', sample: samples.standardWebhooks, headers: standardHeaders },
  'generic-hmac': { event: 'webhook', sample: samples.generic, headers: genericHeaders },
  'generic-token': { event: 'webhook', sample: samples.generic, headers: tokenHeaders },
} as const satisfies Record<string, Sender>;

/** The name of a sender. */
export type SenderName = keyof typeof senders;

function selfHosted(name: string, sample: Sender['sample']): Sender {
  return {
    event: 'push',
    sample,
    headers: ({ secret, event, deliveryId, rawBody }) => ({
      [`x-${name}-event`]: event,
      [`x-${name}-delivery`]: deliveryId,
      [`x-${name}-signature`]: hex(secret, rawBody),
    }),
  };
}

function gitlabLabels({ event, deliveryId }: Outgoing): Record<string, string> {
  return { 'user-agent': 'GitLab/18.10.0', 'x-gitlab-event': event, 'idempotency-key': deliveryId };
}

function standardHeaders({ secret, deliveryId, rawBody, at }: Outgoing): Record<string, string> {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
  const signature = createHmac('sha256', key)
    .update(`${deliveryId}.${seconds(at)}.${rawBody}`)
    .digest('base64');
  return {
    'webhook-id': deliveryId,
    'webhook-timestamp': seconds(at),
    'webhook-signature': `v1,${signature}`,
  };
}

function genericHeaders({ secret, rawBody, at, signing }: Outgoing): Record<string, string> {
  const { header = 'x-signature', algorithm = 'sha256', encoding = 'hex', prefix = '', timestampHeader } = signing;
  const signed = timestampHeader === undefined ? rawBody : `${seconds(at)}.${rawBody}`;
  const signature = createHmac(algorithm, secret).update(signed).digest(encoding);
  return {
    [header]: `${prefix}${signature}`,
    ...(timestampHeader === undefined ? {} : { [timestampHeader]: seconds(at) }),
  };
}

function tokenHeaders({ secret, signing: { header, prefix = '' } }: Outgoing): Record<string, string> {
  return header === undefined ? { authorization: `Bearer ${secret}` } : { [header]: `${prefix}${secret}` };
}

function basic(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function payloadField(json: string): string {
  return `payload=${encodeURIComponent(json)}`;
}

function formOf(json: string): string {
  const fields = Object.entries(JSON.parse(json) as Record<string, unknown>);
  return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, String(value)])).toString();
}

function hex(secret: string, signed: string): string {
  return createHmac('sha256', secret).update(signed).digest('hex');
}

function seconds(at: number): string {
  return String(Math.floor(at / 1000));
}
