import { MeshError } from '@devmesh/foundation';
import { artifactory } from './artifactory.ts';
import { azureDevops } from './azure-devops.ts';
import { bitbucket } from './bitbucket.ts';
import { datadog } from './datadog.ts';
import { genericHmac } from './generic-hmac.ts';
import { genericToken } from './generic-token.ts';
import { gitea, gogs } from './gitea.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { harness } from './harness.ts';
import { jira } from './jira.ts';
import type { Kind, KindSettings } from './kind.ts';
import { pagerduty } from './pagerduty.ts';
import { sentry } from './sentry.ts';
import { slack } from './slack.ts';
import { sonarqube } from './sonarqube.ts';
import { standardWebhooks } from './standard-webhooks.ts';
import { stripe } from './stripe.ts';

export type { KindSettings } from './kind.ts';

const table = {
  github,
  gitlab,
  bitbucket,
  gitea,
  gogs,
  'azure-devops': azureDevops,
  jira,
  slack,
  stripe,
  pagerduty,
  sentry,
  datadog,
  harness,
  artifactory,
  sonarqube,
  'standard-webhooks': standardWebhooks,
  'generic-hmac': genericHmac,
  'generic-token': genericToken,
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof table;

/** Every kind of sender that is understood, by the name sources carry. */
export const kinds: Readonly<Record<KindName, Kind>> = table;

/** The names of all kinds, in the order people read them. */
export const kindNames = Object.keys(table) as readonly KindName[];

/** Throws `invalid_request` for settings that a source of this kind cannot have. */
export function checkSettings(name: KindName, settings: KindSettings): void {
  const kind = kinds[name];
  if (kind.checkSettings !== undefined) kind.checkSettings(settings);
  else if (Object.values(settings).some((value) => value !== undefined)) {
    throw new MeshError('invalid_request', `A source of the kind ${name} takes no settings.`);
  }
}

export { digestPrefix } from './body.ts';
