import { randomBytes } from 'node:crypto';
import { Secret } from '@devmesh/foundation';
import { composeWebhook, type SenderName } from '@devmesh/mockserver';
import type { KindName } from './index.ts';
import type { Arrival, KindSettings, Verification } from './kind.ts';

/** One way in which a provider can be set up, and what is to be expected of it. */
export interface Variant {
  readonly kind: KindName;
  readonly sender: SenderName;
  /** The header that proves who sends. */
  readonly proof: string;
  /** Whether the body is signed; else the secret itself is sent. */
  readonly signed: boolean;
  /** The header of a signed timestamp. */
  readonly timestamp?: string;
  readonly settings?: KindSettings;
}

const timed: KindSettings = {
  header: 'x-acme-signature',
  timestampHeader: 'x-acme-time',
  algorithm: 'sha512',
  encoding: 'base64',
  prefix: 'v1=',
};

/** Every way in which a webhook can be sent to a source. */
export const variants: readonly Variant[] = [
  { kind: 'github', sender: 'github', proof: 'x-hub-signature-256', signed: true },
  { kind: 'github', sender: 'github-form', proof: 'x-hub-signature-256', signed: true },
  { kind: 'gitlab', sender: 'gitlab', proof: 'x-gitlab-token', signed: false },
  { kind: 'gitlab', sender: 'gitlab-signed', proof: 'webhook-signature', signed: true, timestamp: 'webhook-timestamp' },
  { kind: 'bitbucket', sender: 'bitbucket', proof: 'x-hub-signature', signed: true },
  { kind: 'gitea', sender: 'gitea', proof: 'x-gitea-signature', signed: true },
  { kind: 'gogs', sender: 'gogs', proof: 'x-gogs-signature', signed: true },
  { kind: 'azure-devops', sender: 'azure-devops', proof: 'authorization', signed: false },
  { kind: 'jira', sender: 'jira', proof: 'x-hub-signature', signed: true },
  ...(['slack', 'slack-command', 'slack-interaction'] as const).map((sender) => ({
    kind: 'slack' as const,
    sender,
    proof: 'x-slack-signature',
    signed: true,
    timestamp: 'x-slack-request-timestamp',
  })),
  { kind: 'stripe', sender: 'stripe', proof: 'stripe-signature', signed: true, timestamp: 'stripe-signature' },
  { kind: 'pagerduty', sender: 'pagerduty', proof: 'x-pagerduty-signature', signed: true },
  { kind: 'sentry', sender: 'sentry', proof: 'sentry-hook-signature', signed: true },
  { kind: 'datadog', sender: 'datadog', proof: 'x-webhook-token', signed: false },
  { kind: 'datadog', sender: 'datadog-basic', proof: 'authorization', signed: false },
  { kind: 'harness', sender: 'harness', proof: 'x-harness-signature', signed: true },
  { kind: 'harness', sender: 'harness-token', proof: 'x-harness-webhook-token', signed: false },
  { kind: 'artifactory', sender: 'artifactory', proof: 'x-jfrog-event-auth', signed: true },
  { kind: 'artifactory', sender: 'artifactory-token', proof: 'x-jfrog-event-auth', signed: false },
  { kind: 'sonarqube', sender: 'sonarqube', proof: 'x-sonar-webhook-hmac-sha256', signed: true },
  {
    kind: 'standard-webhooks',
    sender: 'standard-webhooks',
    proof: 'webhook-signature',
    signed: true,
    timestamp: 'webhook-timestamp',
  },
  { kind: 'generic-hmac', sender: 'generic-hmac', proof: 'x-signature', signed: true },
  {
    kind: 'generic-hmac',
    sender: 'generic-hmac',
    proof: 'x-acme-signature',
    signed: true,
    timestamp: 'x-acme-time',
    settings: timed,
  },
  { kind: 'generic-token', sender: 'generic-token', proof: 'authorization', signed: false },
  {
    kind: 'generic-token',
    sender: 'generic-token',
    proof: 'x-acme-token',
    signed: false,
    settings: { header: 'x-acme-token', prefix: 'token ' },
  },
];

/** When the tests take place. */
export const now = 1_700_000_000_000;

/** A secret that nobody can guess. */
export const secret: string = randomBytes(32).toString('hex');

interface Change {
  readonly secret?: string;
  readonly at?: number;
  readonly event?: string;
  readonly payload?: unknown;
  readonly deliveryId?: string;
}

/** What arrives when the mock server's sender sends. */
export function sent(variant: Variant, change: Change = {}): Arrival {
  const order = { secret, at: now, deliveryId: 'delivery-1', signing: variant.settings, ...change };
  const { headers, rawBody } = composeWebhook(variant.sender, order);
  return { headers: new Headers(headers), rawBody: Buffer.from(rawBody) };
}

/** What an arrival is held against in tests. */
export function against(variant: Variant, secrets: readonly string[] = [secret]): Verification {
  return {
    secrets: secrets.map((text) => new Secret(text)),
    now,
    toleranceSeconds: 300,
    settings: variant.settings ?? {},
  };
}

/** How a test calls a variant. */
export function nameOf(variant: Variant): string {
  return variant.settings === undefined ? variant.sender : `${variant.sender} with settings`;
}
