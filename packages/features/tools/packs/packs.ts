import { MeshError } from '@devmesh/foundation';
import type { Pack } from './pack.ts';
import { argoCd } from './providers/argo-cd.ts';
import { artifactory } from './providers/artifactory.ts';
import { bitbucket } from './providers/bitbucket.ts';
import { confluence } from './providers/confluence.ts';
import { datadog } from './providers/datadog.ts';
import { github } from './providers/github.ts';
import { gitlab } from './providers/gitlab.ts';
import { grafana } from './providers/grafana.ts';
import { harness } from './providers/harness.ts';
import { jenkins } from './providers/jenkins.ts';
import { jira } from './providers/jira.ts';
import { kubernetes } from './providers/kubernetes.ts';
import { linear } from './providers/linear.ts';
import { nexus } from './providers/nexus.ts';
import { opsgenie } from './providers/opsgenie.ts';
import { pagerduty } from './providers/pagerduty.ts';
import { sentry } from './providers/sentry.ts';
import { slack } from './providers/slack.ts';
import { snyk } from './providers/snyk.ts';
import { sonarqube } from './providers/sonarqube.ts';
import { terraformCloud } from './providers/terraform-cloud.ts';
import { xray } from './providers/xray.ts';

/** Every pack, in the order people read them. */
export const packs: readonly Pack[] = [
  github,
  gitlab,
  bitbucket,
  jira,
  confluence,
  harness,
  artifactory,
  xray,
  nexus,
  sonarqube,
  snyk,
  jenkins,
  argoCd,
  kubernetes,
  terraformCloud,
  pagerduty,
  opsgenie,
  datadog,
  grafana,
  sentry,
  slack,
  linear,
];

const byName = new Map(packs.map((pack) => [pack.name, pack]));

/** The pack of that name; undefined where there is none. */
export function packOf(name: string): Pack | undefined {
  return byName.get(name);
}

/** The pack of that name; throws `not_found` where there is none. */
export function requirePack(name: string): Pack {
  const pack = packOf(name);
  if (pack === undefined) throw new MeshError('not_found', `There is no pack ${name}.`);
  return pack;
}
