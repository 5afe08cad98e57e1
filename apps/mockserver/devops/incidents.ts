import { z } from 'zod';
import { invalid, problem } from '../problem.ts';
import { found, requireService } from './lookup.ts';
import { operation } from './operation.ts';
import { newestFirst, pageQuery, paginate } from './page.ts';
import {
  acknowledgement,
  incident,
  incidentId,
  incidentNote,
  incidentPage,
  incidentResolution,
  incidentStatus,
  newIncident,
  serviceId,
  severity,
  timeline,
  timelineEntry,
  type Incident,
  type TimelineEntry,
} from './schemas.ts';
import type { World } from './state.ts';

const listIncidents = operation({
  operationId: 'listIncidents',
  method: 'get',
  path: '/incidents',
  tag: 'incidents',
  summary: 'List incidents',
  description: 'Lists incidents, the newest first. Filters combine.',
  queryParameters: {
    status: z.array(incidentStatus).max(3).default([]).describe('Only these statuses; repeatable.'),
    severity: z.array(severity).max(4).default([]).describe('Only these severities; repeatable.'),
    serviceId: serviceId.exactOptional().describe('Only incidents of this service.'),
    ...pageQuery,
  },
  answer: incidentPage,
  act: ({ query }, { state }) => {
    const matching = [...state.incidents.values()].filter(
      (item) =>
        (query.status.length === 0 || query.status.includes(item.status)) &&
        (query.severity.length === 0 || query.severity.includes(item.severity)) &&
        (query.serviceId === undefined || item.serviceId === query.serviceId),
    );
    return paginate(matching, query, newestFirst);
  },
});

const openIncident = operation({
  operationId: 'openIncident',
  method: 'post',
  path: '/incidents',
  tag: 'incidents',
  summary: 'Open an incident',
  description: 'Records a disturbance of a service and starts its timeline. Look for an open incident first.',
  body: newIncident,
  status: 201,
  answer: incident,
  idempotent: true,
  act: ({ body }, world) => {
    requireService(world.state, body.serviceId);
    if (body.deploymentId !== null && !world.state.deployments.has(body.deploymentId)) {
      throw invalid([{ path: 'body.deploymentId', message: `There is no ${body.deploymentId}.` }]);
    }
    const { openedBy, ...facts } = body;
    const opened: Incident = {
      id: world.nextId('INC'),
      ...facts,
      status: 'open',
      commander: null,
      resolution: null,
      openedAt: world.now(),
      acknowledgedAt: null,
      resolvedAt: null,
    };
    world.state.incidents.set(opened.id, opened);
    record(world, opened.id, { kind: 'opened', by: openedBy, text: opened.title });
    return opened;
  },
});

const getIncident = operation({
  operationId: 'getIncident',
  method: 'get',
  path: '/incidents/{incidentId}',
  tag: 'incidents',
  summary: 'Get an incident',
  description: 'Reads one incident. Its timeline has its own operation.',
  pathParameters: { incidentId },
  answer: incident,
  act: ({ path }, { state }) => found(state.incidents, path.incidentId),
});

const acknowledgeIncident = operation({
  operationId: 'acknowledgeIncident',
  method: 'post',
  path: '/incidents/{incidentId}/acknowledge',
  tag: 'incidents',
  summary: 'Acknowledge an incident',
  description: 'Takes command of an open incident. Refused with 409 when it is acknowledged or resolved already.',
  pathParameters: { incidentId },
  body: acknowledgement,
  answer: incident,
  conflicts: true,
  act: ({ path, body }, world) => {
    const present = found(world.state.incidents, path.incidentId);
    if (present.status !== 'open') throw problem(409, `${present.id} is ${present.status} already.`);
    const now = world.now();
    const changed: Incident = { ...present, status: 'acknowledged', commander: body.by, acknowledgedAt: now };
    world.state.incidents.set(changed.id, changed);
    record(world, changed.id, { kind: 'acknowledged', by: body.by, text: `${body.by} takes command.` });
    return changed;
  },
});

const resolveIncident = operation({
  operationId: 'resolveIncident',
  method: 'post',
  path: '/incidents/{incidentId}/resolve',
  tag: 'incidents',
  summary: 'Resolve an incident',
  description: 'Ends an open or acknowledged incident with its cause and actions. Refused with 409 when resolved.',
  pathParameters: { incidentId },
  body: incidentResolution,
  answer: incident,
  conflicts: true,
  act: ({ path, body }, world) => {
    const present = found(world.state.incidents, path.incidentId);
    if (present.status === 'resolved') throw problem(409, `${present.id} is resolved already.`);
    const { by, ...resolution } = body;
    const changed: Incident = { ...present, status: 'resolved', resolution, resolvedAt: world.now() };
    world.state.incidents.set(changed.id, changed);
    record(world, changed.id, { kind: 'resolved', by, text: body.cause });
    return changed;
  },
});

const getIncidentTimeline = operation({
  operationId: 'getIncidentTimeline',
  method: 'get',
  path: '/incidents/{incidentId}/timeline',
  tag: 'incidents',
  summary: 'Get the timeline of an incident',
  description: 'Reads everything that happened in one incident, the oldest first.',
  pathParameters: { incidentId },
  answer: timeline,
  act: ({ path }, { state }) => {
    const { id } = found(state.incidents, path.incidentId);
    return { incidentId: id, entries: [...(state.timelines.get(id) ?? [])] };
  },
});

const addIncidentNote = operation({
  operationId: 'addIncidentNote',
  method: 'post',
  path: '/incidents/{incidentId}/timeline',
  tag: 'incidents',
  summary: 'Add a note to the timeline',
  description: 'Writes down what was seen or done. A resolved incident takes notes too, for the review.',
  pathParameters: { incidentId },
  body: incidentNote,
  status: 201,
  answer: timelineEntry,
  idempotent: true,
  act: ({ path, body }, world) => {
    const { id } = found(world.state.incidents, path.incidentId);
    return record(world, id, { kind: 'note', ...body });
  },
});

function record(world: World, id: string, event: Omit<TimelineEntry, 'at'>): TimelineEntry {
  const entry: TimelineEntry = { at: world.now(), ...event };
  world.state.timelines.set(id, [...(world.state.timelines.get(id) ?? []), entry]);
  return entry;
}

/** The operations on incidents. */
export const incidentOperations = [
  listIncidents,
  openIncident,
  getIncident,
  acknowledgeIncident,
  resolveIncident,
  getIncidentTimeline,
  addIncidentNote,
];
