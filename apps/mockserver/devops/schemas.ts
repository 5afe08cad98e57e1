import { z } from 'zod';
import { problemSchema } from '../problem.ts';

const handle = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,38}$/)
  .describe('Login of a person or bot, in lower case.');
const time = z.iso.datetime().describe('UTC time, RFC 3339.');
const label = z.string().min(1).max(50).describe('Label, such as `bug`.');
const version = z
  .string()
  .regex(/^\d+\.\d+\.\d+$/)
  .describe('Semantic version, such as `2.14.0`.');

export const serviceId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,38}$/)
  .describe('Service identifier, such as `checkout`.');
export const issueId = z
  .string()
  .regex(/^ISS-\d{1,9}$/)
  .describe('Issue identifier, such as `ISS-1001`.');
export const commentId = z
  .string()
  .regex(/^CMT-\d{1,9}$/)
  .describe('Comment identifier, such as `CMT-5001`.');
export const deploymentId = z
  .string()
  .regex(/^DEP-\d{1,9}$/)
  .describe('Deployment identifier, such as `DEP-2001`.');
export const incidentId = z
  .string()
  .regex(/^INC-\d{1,9}$/)
  .describe('Incident identifier, such as `INC-301`.');

export const tier = z.enum(['critical', 'standard', 'internal']).describe('How much the business depends on it.');
export const environment = z.enum(['staging', 'production']).describe('Where a version runs.');
export const issueState = z.enum(['open', 'closed']).describe('Whether work remains.');
export const priority = z.enum(['urgent', 'high', 'medium', 'low']).describe('How soon it should be worked on.');
const closeReason = z.enum(['completed', 'not_planned', 'duplicate']).describe('Why an issue was closed.');
export const severity = z.enum(['sev1', 'sev2', 'sev3', 'sev4']).describe('`sev1` is the worst.');
export const incidentStatus = z.enum(['open', 'acknowledged', 'resolved']).describe('How far the response has come.');
const region = z.enum(['eu-west', 'us-east', 'ap-south']).describe('Region of the data centre.');
export const deploymentStatus = z
  .enum(['queued', 'building', 'deploying', 'succeeded', 'failed', 'cancelled', 'rolled_back'])
  .describe('Progress of a deployment.');
const timelineKind = z
  .enum(['opened', 'acknowledged', 'note', 'resolved'])
  .describe('What an entry of the timeline records.');

export const service = z
  .strictObject({
    id: serviceId,
    name: z.string().describe('Name that people use.'),
    team: handle.describe('Team that owns it.'),
    tier,
    repository: z.strictObject({
      fullName: z.string().describe('Owner and name, such as `acme/checkout`.'),
      defaultBranch: z.string(),
    }),
    onCall: handle.nullable().describe('Who is on call now; null when nobody is.'),
    live: z
      .strictObject({ staging: deploymentId.nullable(), production: deploymentId.nullable() })
      .describe('The deployment that runs in each environment; null when none ever succeeded.'),
  })
  .describe('A running part of the product.');

export const issue = z
  .strictObject({
    id: issueId,
    title: z.string(),
    description: z.string().nullable(),
    state: issueState,
    closeReason: closeReason.nullable().describe('Null while the issue is open.'),
    duplicateOf: issueId.nullable().describe('The issue this one repeats, when closed as a duplicate.'),
    priority,
    labels: z.array(label),
    assignee: handle.nullable(),
    serviceId: serviceId.nullable().describe('The service concerned, when known.'),
    commentCount: z.int().min(0),
    createdAt: time,
    updatedAt: time,
    closedAt: time.nullable(),
  })
  .describe('Something to fix or build.');

export const comment = z
  .strictObject({ id: commentId, issueId, author: handle, text: z.string(), createdAt: time })
  .describe('A remark on an issue.');

export const deployment = z
  .strictObject({
    id: deploymentId,
    serviceId,
    environment,
    version,
    commit: z
      .string()
      .regex(/^[0-9a-f]{40}$/)
      .describe('Git commit that is deployed.'),
    status: deploymentStatus,
    requestedBy: handle,
    replaces: deploymentId.nullable().describe('What was live before it succeeded; a rollback returns there.'),
    rollbackOf: deploymentId.nullable().describe('The deployment that this one rolls back.'),
    history: z.array(z.strictObject({ status: deploymentStatus, at: time, note: z.string().nullable() })),
    createdAt: time,
    finishedAt: time.nullable(),
  })
  .describe('One version on its way to one environment of one service.');

export const incident = z
  .strictObject({
    id: incidentId,
    title: z.string(),
    summary: z.string().nullable(),
    severity,
    status: incidentStatus,
    serviceId,
    deploymentId: deploymentId.nullable().describe('The deployment suspected of causing it.'),
    commander: handle.nullable().describe('Who leads the response; null until it is acknowledged.'),
    impact: z.strictObject({
      customersAffected: z.int().min(0).nullable().describe('Null while unknown.'),
      regions: z.array(region),
    }),
    resolution: z
      .strictObject({ cause: z.string(), actions: z.array(z.string()) })
      .nullable()
      .describe('What caused it and what was done; null until it is resolved.'),
    openedAt: time,
    acknowledgedAt: time.nullable(),
    resolvedAt: time.nullable(),
  })
  .describe('A disturbance of a service and the response to it.');

export const timelineEntry = z
  .strictObject({ at: time, kind: timelineKind, by: handle, text: z.string() })
  .describe('One event of an incident.');

const nextCursor = z.string().nullable().describe('Pass it as `cursor` for the next page; null on the last page.');
export const servicePage = z
  .strictObject({ items: z.array(service), nextCursor })
  .describe('One page, and the cursor of the next.');
export const issuePage = z
  .strictObject({ items: z.array(issue), nextCursor })
  .describe('One page, and the cursor of the next.');
export const commentPage = z
  .strictObject({ items: z.array(comment), nextCursor })
  .describe('One page, and the cursor of the next.');
export const deploymentPage = z
  .strictObject({ items: z.array(deployment), nextCursor })
  .describe('One page, and the cursor of the next.');
export const incidentPage = z
  .strictObject({ items: z.array(incident), nextCursor })
  .describe('One page, and the cursor of the next.');
export const timeline = z
  .strictObject({ incidentId, entries: z.array(timelineEntry).describe('Oldest first.') })
  .describe('Everything that happened in an incident.');

const title = z.string().regex(/\S/).max(200).describe('One line that says what it is about.');
const text = z.string().regex(/\S/).max(10_000);

export const newIssue = z.strictObject({
  title,
  description: text.nullable().default(null).describe('Details in Markdown.'),
  priority: priority.default('medium'),
  labels: z.array(label).max(20).default([]),
  assignee: handle.nullable().default(null),
  serviceId: serviceId.nullable().default(null).describe('The service concerned; it must exist.'),
});
export const issueChange = z
  .strictObject({
    title: title.exactOptional(),
    description: text.nullable().exactOptional().describe('Null removes it.'),
    priority: priority.exactOptional(),
    labels: z.array(label).max(20).exactOptional().describe('Replaces all labels.'),
    assignee: handle.nullable().exactOptional().describe('Null unassigns.'),
    serviceId: serviceId.nullable().exactOptional().describe('Null detaches it from its service.'),
  })
  .describe('Only the fields given are changed.');
export const issueClosing = z.strictObject({
  reason: closeReason.default('completed'),
  duplicateOf: issueId.nullable().default(null).describe('Required when the reason is `duplicate`.'),
});
export const newComment = z.strictObject({ author: handle, text: text.describe('The remark in Markdown.') });

export const newDeployment = z.strictObject({
  serviceId: serviceId.describe('The service to deploy; it must exist.'),
  environment,
  version,
  commit: deployment.shape.commit,
  requestedBy: handle,
});
export const deploymentStep = z.strictObject({
  status: z
    .enum(['building', 'deploying', 'succeeded', 'failed', 'cancelled'])
    .describe('Next status: queued to building, deploying, succeeded; failed or cancelled on the way.'),
  note: text.nullable().default(null).describe('Why, for the history.'),
});
export const rollback = z.strictObject({ requestedBy: handle, reason: text.describe('Why it is rolled back.') });

export const newIncident = z.strictObject({
  title,
  summary: text.nullable().default(null),
  severity,
  serviceId: serviceId.describe('The disturbed service; it must exist.'),
  deploymentId: deploymentId.nullable().default(null).describe('The suspected deployment; it must exist.'),
  impact: z
    .strictObject({
      customersAffected: z.int().min(0).nullable().default(null),
      regions: z.array(region).default([]),
    })
    .default({ customersAffected: null, regions: [] }),
  openedBy: handle,
});
export const acknowledgement = z.strictObject({ by: handle.describe('Who takes command.') });
export const incidentNote = z.strictObject({ by: handle, text: text.describe('What was seen or done.') });
export const incidentResolution = z.strictObject({
  by: handle,
  cause: text.describe('What caused it.'),
  actions: z.array(text).max(20).default([]).describe('What was done or will be done about it.'),
});

/** The named schemas of the OpenAPI document. */
export const components = {
  Tier: tier,
  Environment: environment,
  IssueState: issueState,
  Priority: priority,
  CloseReason: closeReason,
  Severity: severity,
  IncidentStatus: incidentStatus,
  Region: region,
  DeploymentStatus: deploymentStatus,
  Service: service,
  Issue: issue,
  Comment: comment,
  Deployment: deployment,
  Incident: incident,
  TimelineEntry: timelineEntry,
  ServicePage: servicePage,
  IssuePage: issuePage,
  CommentPage: commentPage,
  DeploymentPage: deploymentPage,
  IncidentPage: incidentPage,
  Timeline: timeline,
  NewIssue: newIssue,
  IssueChange: issueChange,
  IssueClosing: issueClosing,
  NewComment: newComment,
  NewDeployment: newDeployment,
  DeploymentStep: deploymentStep,
  Rollback: rollback,
  NewIncident: newIncident,
  Acknowledgement: acknowledgement,
  IncidentNote: incidentNote,
  IncidentResolution: incidentResolution,
  Problem: problemSchema,
} as const satisfies Record<string, z.ZodType>;

export type Service = z.output<typeof service>;
export type Issue = z.output<typeof issue>;
export type Comment = z.output<typeof comment>;
export type Deployment = z.output<typeof deployment>;
export type DeploymentStatus = z.output<typeof deploymentStatus>;
export type Incident = z.output<typeof incident>;
export type TimelineEntry = z.output<typeof timelineEntry>;
