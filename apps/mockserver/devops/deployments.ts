import { z } from 'zod';
import { problem } from '../problem.ts';
import { inProgress, nextStatuses } from './deployment-status.ts';
import { found, requireService } from './lookup.ts';
import { operation } from './operation.ts';
import { newestFirst, pageQuery, paginate } from './page.ts';
import {
  deployment,
  deploymentId,
  deploymentPage,
  deploymentStatus,
  deploymentStep,
  environment,
  newDeployment,
  rollback,
  serviceId,
  type Deployment,
  type DeploymentStatus,
} from './schemas.ts';
import type { World } from './state.ts';

const listDeployments = operation({
  operationId: 'listDeployments',
  method: 'get',
  path: '/deployments',
  tag: 'deployments',
  summary: 'List deployments',
  description: 'Lists deployments, the newest first. Filters combine.',
  queryParameters: {
    serviceId: serviceId.exactOptional().describe('Only deployments of this service.'),
    environment: environment.exactOptional().describe('Only deployments to this environment.'),
    status: z.array(deploymentStatus).max(7).default([]).describe('Only these statuses; repeatable.'),
    active: z.boolean().exactOptional().describe('True: only those still moving. False: only finished ones.'),
    ...pageQuery,
  },
  answer: deploymentPage,
  act: ({ query }, { state }) => {
    const matching = [...state.deployments.values()].filter(
      (item) =>
        (query.serviceId === undefined || item.serviceId === query.serviceId) &&
        (query.environment === undefined || item.environment === query.environment) &&
        (query.status.length === 0 || query.status.includes(item.status)) &&
        (query.active === undefined || inProgress(item.status) === query.active),
    );
    return paginate(matching, query, newestFirst);
  },
});

const createDeployment = operation({
  operationId: 'createDeployment',
  method: 'post',
  path: '/deployments',
  tag: 'deployments',
  summary: 'Create a deployment',
  description:
    'Queues a version for an environment of a service. An environment takes one deployment at a time; a second is refused with 409. Move it on with advanceDeployment.',
  body: newDeployment,
  status: 201,
  answer: deployment,
  conflicts: true,
  idempotent: true,
  act: ({ body }, world) => {
    requireService(world.state, body.serviceId);
    return queue(world, { ...body, rollbackOf: null }, null);
  },
});

const getDeployment = operation({
  operationId: 'getDeployment',
  method: 'get',
  path: '/deployments/{deploymentId}',
  tag: 'deployments',
  summary: 'Get a deployment',
  description: 'Reads one deployment with the history of its status.',
  pathParameters: { deploymentId },
  answer: deployment,
  act: ({ path }, { state }) => found(state.deployments, path.deploymentId),
});

const advanceDeployment = operation({
  operationId: 'advanceDeployment',
  method: 'post',
  path: '/deployments/{deploymentId}/advance',
  tag: 'deployments',
  summary: 'Move a deployment to its next status',
  description:
    'Moves a deployment along queued, building, deploying, succeeded; it can fail while building or deploying and be cancelled before deploying. Other moves are refused with 409. On success it becomes live.',
  pathParameters: { deploymentId },
  body: deploymentStep,
  answer: deployment,
  conflicts: true,
  act: ({ path, body }, world) => {
    const present = found(world.state.deployments, path.deploymentId);
    const moved = move(world, present, body.status, body.note);
    return moved.status === 'succeeded' ? goLive(world, moved) : moved;
  },
});

const rollbackDeployment = operation({
  operationId: 'rollbackDeployment',
  method: 'post',
  path: '/deployments/{deploymentId}/rollback',
  tag: 'deployments',
  summary: 'Roll a deployment back',
  description:
    'Marks the live deployment as rolled back and queues a new deployment of the version that was live before it; the answer is that new deployment. Refused with 409 when it is not live, nothing was live before, or another deployment is on its way.',
  pathParameters: { deploymentId },
  body: rollback,
  status: 201,
  answer: deployment,
  conflicts: true,
  idempotent: true,
  act: ({ path, body }, world) => {
    const present = found(world.state.deployments, path.deploymentId);
    const live = found(world.state.services, present.serviceId).live[present.environment];
    if (present.status !== 'succeeded' || live !== present.id) throw problem(409, `${present.id} is not live.`);
    if (present.replaces === null) throw problem(409, `Nothing was live before ${present.id}.`);
    const before = found(world.state.deployments, present.replaces);
    const queued = queue(world, { ...before, requestedBy: body.requestedBy, rollbackOf: present.id }, body.reason);
    move(world, present, 'rolled_back', body.reason);
    return queued;
  },
});

type Wanted = Pick<Deployment, 'serviceId' | 'environment' | 'version' | 'commit' | 'requestedBy' | 'rollbackOf'>;

function queue(world: World, wanted: Wanted, note: string | null): Deployment {
  for (const item of world.state.deployments.values()) {
    const same = item.serviceId === wanted.serviceId && item.environment === wanted.environment;
    if (!same || !inProgress(item.status)) continue;
    throw problem(409, `${item.id} is ${item.status} in ${item.environment}; finish or cancel it first.`);
  }
  const now = world.now();
  const { serviceId: ofService, environment: target, version, commit, requestedBy, rollbackOf } = wanted;
  const queued: Deployment = {
    id: world.nextId('DEP'),
    serviceId: ofService,
    environment: target,
    version,
    commit,
    requestedBy,
    rollbackOf,
    status: 'queued',
    replaces: null,
    history: [{ status: 'queued', at: now, note }],
    createdAt: now,
    finishedAt: null,
  };
  world.state.deployments.set(queued.id, queued);
  return queued;
}

function move(world: World, present: Deployment, status: DeploymentStatus, note: string | null): Deployment {
  const allowed = nextStatuses(present.status);
  if (!allowed.includes(status)) {
    const choice = allowed.length === 0 ? 'it is finished' : `next may be ${allowed.join(' or ')}`;
    throw problem(409, `${present.id} is ${present.status}, so it cannot become ${status}: ${choice}.`);
  }
  const now = world.now();
  const moved: Deployment = {
    ...present,
    status,
    history: [...present.history, { status, at: now, note }],
    finishedAt: present.finishedAt ?? (inProgress(status) ? null : now),
  };
  world.state.deployments.set(moved.id, moved);
  return moved;
}

function goLive(world: World, succeeded: Deployment): Deployment {
  const owner = found(world.state.services, succeeded.serviceId);
  const live: Deployment = { ...succeeded, replaces: owner.live[succeeded.environment] };
  world.state.deployments.set(live.id, live);
  world.state.services.set(owner.id, { ...owner, live: { ...owner.live, [live.environment]: live.id } });
  return live;
}

/** The operations on deployments. */
export const deploymentOperations = [
  listDeployments,
  createDeployment,
  getDeployment,
  advanceDeployment,
  rollbackDeployment,
];
