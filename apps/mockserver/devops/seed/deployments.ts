import { createHash } from 'node:crypto';
import type { Deployment, DeploymentStatus } from '../schemas.ts';
import type { Ago } from './ago.ts';

type DeploymentSeed = Pick<Deployment, 'id' | 'serviceId' | 'environment' | 'version' | 'requestedBy'> &
  Partial<Pick<Deployment, 'replaces'>> & { readonly path: readonly DeploymentStatus[]; readonly minutes: number };

const succeeded: readonly DeploymentStatus[] = ['queued', 'building', 'deploying', 'succeeded'];

function deployment(ago: Ago, { path, minutes, ...facts }: DeploymentSeed): Deployment {
  const history = path.map((status, step) => ({ status, at: ago(minutes - step * 3), note: null }));
  const status = path.at(-1) ?? 'queued';
  const finished = status === 'succeeded' || status === 'failed';
  return {
    replaces: null,
    rollbackOf: null,
    ...facts,
    commit: createHash('sha1').update(`${facts.serviceId} ${facts.version}`).digest('hex'),
    status,
    history,
    createdAt: ago(minutes),
    finishedAt: finished ? (history.at(-1)?.at ?? null) : null,
  };
}

/** Past deployments, a failed one, and one that is building. */
export function deployments(ago: Ago): Deployment[] {
  const seeds: DeploymentSeed[] = [
    {
      id: 'DEP-2001',
      serviceId: 'checkout',
      environment: 'production',
      version: '2.13.4',
      requestedBy: 'amara',
      path: succeeded,
      minutes: 8_000,
    },
    {
      id: 'DEP-2002',
      serviceId: 'payments',
      environment: 'production',
      version: '5.2.0',
      requestedBy: 'jonas',
      path: succeeded,
      minutes: 6_000,
    },
    {
      id: 'DEP-2003',
      serviceId: 'checkout',
      environment: 'production',
      version: '2.14.0',
      requestedBy: 'amara',
      path: succeeded,
      minutes: 120,
      replaces: 'DEP-2001',
    },
    {
      id: 'DEP-2004',
      serviceId: 'checkout',
      environment: 'staging',
      version: '2.15.0',
      requestedBy: 'amara',
      path: succeeded,
      minutes: 100,
    },
    {
      id: 'DEP-2005',
      serviceId: 'search',
      environment: 'staging',
      version: '1.9.0',
      requestedBy: 'mei',
      path: ['queued', 'building', 'failed'],
      minutes: 80,
    },
    {
      id: 'DEP-2006',
      serviceId: 'payments',
      environment: 'staging',
      version: '5.3.0',
      requestedBy: 'jonas',
      path: ['queued', 'building'],
      minutes: 10,
    },
  ];
  return seeds.map((facts) => deployment(ago, facts));
}
