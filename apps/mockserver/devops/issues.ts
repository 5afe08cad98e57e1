import { z } from 'zod';
import { invalid, problem } from '../problem.ts';
import { found, requireService } from './lookup.ts';
import { operation } from './operation.ts';
import { newestFirst, pageQuery, paginate } from './page.ts';
import {
  issue,
  issueChange,
  issueClosing,
  issueId,
  issuePage,
  issueState,
  newIssue,
  priority,
  serviceId,
  type Issue,
} from './schemas.ts';

const issueQuery = {
  state: issueState.exactOptional().describe('Only issues in this state.'),
  priority: z.array(priority).max(4).default([]).describe('Only these priorities; repeat the parameter for several.'),
  label: z.array(z.string().min(1)).max(10).default([]).describe('Only issues with all these labels; repeatable.'),
  assignee: z.string().min(1).exactOptional().describe('Only issues of this login; `none` for unassigned ones.'),
  serviceId: serviceId.exactOptional().describe('Only issues of this service.'),
  text: z.string().min(1).max(100).exactOptional().describe('Only issues whose title or description contains this.'),
};

type IssueFilter = z.output<z.ZodObject<typeof issueQuery>>;

function matches(item: Issue, filter: IssueFilter): boolean {
  const assignee = filter.assignee === 'none' ? null : filter.assignee;
  const words = `${item.title}\n${item.description ?? ''}`.toLowerCase();
  return [
    filter.state === undefined || item.state === filter.state,
    filter.priority.length === 0 || filter.priority.includes(item.priority),
    filter.label.every((name) => item.labels.includes(name)),
    assignee === undefined || item.assignee === assignee,
    filter.serviceId === undefined || item.serviceId === filter.serviceId,
    filter.text === undefined || words.includes(filter.text.toLowerCase()),
  ].every(Boolean);
}

const listIssues = operation({
  operationId: 'listIssues',
  method: 'get',
  path: '/issues',
  tag: 'issues',
  summary: 'List issues',
  description: 'Lists issues, the newest first. Filters combine: an issue must pass all that are given.',
  queryParameters: { ...issueQuery, ...pageQuery },
  answer: issuePage,
  act: ({ query }, { state }) =>
    paginate(
      [...state.issues.values()].filter((item) => matches(item, query)),
      query,
      newestFirst,
    ),
});

const createIssue = operation({
  operationId: 'createIssue',
  method: 'post',
  path: '/issues',
  tag: 'issues',
  summary: 'Create an issue',
  description: 'Opens a new issue. Search the list first, to avoid a duplicate.',
  body: newIssue,
  status: 201,
  answer: issue,
  idempotent: true,
  act: ({ body }, world) => {
    requireService(world.state, body.serviceId);
    const now = world.now();
    const created: Issue = {
      id: world.nextId('ISS'),
      ...body,
      state: 'open',
      closeReason: null,
      duplicateOf: null,
      commentCount: 0,
      createdAt: now,
      updatedAt: now,
      closedAt: null,
    };
    world.state.issues.set(created.id, created);
    return created;
  },
});

const getIssue = operation({
  operationId: 'getIssue',
  method: 'get',
  path: '/issues/{issueId}',
  tag: 'issues',
  summary: 'Get an issue',
  description: 'Reads one issue. Its comments have their own operation.',
  pathParameters: { issueId },
  answer: issue,
  act: ({ path }, { state }) => found(state.issues, path.issueId),
});

const updateIssue = operation({
  operationId: 'updateIssue',
  method: 'patch',
  path: '/issues/{issueId}',
  tag: 'issues',
  summary: 'Update an issue',
  description: 'Changes the given fields of an issue and leaves the others. Use closeIssue to close it.',
  pathParameters: { issueId },
  body: issueChange,
  answer: issue,
  act: ({ path, body }, world) => {
    const present = found(world.state.issues, path.issueId);
    requireService(world.state, body.serviceId ?? null);
    const changed: Issue = { ...present, ...body, updatedAt: world.now() };
    world.state.issues.set(changed.id, changed);
    return changed;
  },
});

const closeIssue = operation({
  operationId: 'closeIssue',
  method: 'post',
  path: '/issues/{issueId}/close',
  tag: 'issues',
  summary: 'Close an issue',
  description: 'Closes an open issue with a reason. Closing a closed issue is refused with 409.',
  pathParameters: { issueId },
  body: issueClosing,
  answer: issue,
  conflicts: true,
  act: ({ path, body }, world) => {
    const present = found(world.state.issues, path.issueId);
    if (present.state === 'closed') throw problem(409, `${present.id} is closed already.`);
    requireOriginal(world.state.issues, present.id, body);
    const now = world.now();
    const closed: Issue = {
      ...present,
      state: 'closed',
      closeReason: body.reason,
      duplicateOf: body.duplicateOf,
      updatedAt: now,
      closedAt: now,
    };
    world.state.issues.set(closed.id, closed);
    return closed;
  },
});

function requireOriginal(issues: ReadonlyMap<string, Issue>, id: string, closing: z.output<typeof issueClosing>): void {
  const original = closing.duplicateOf;
  const message = (() => {
    if (closing.reason !== 'duplicate') return original === null ? undefined : 'Only a duplicate names another issue.';
    if (original === null) return 'Name the issue that this one repeats.';
    if (original === id) return 'An issue cannot repeat itself.';
    return issues.has(original) ? undefined : `There is no ${original}.`;
  })();
  if (message !== undefined) throw invalid([{ path: 'body.duplicateOf', message }]);
}

/** The operations on issues themselves. */
export const issueOperations = [listIssues, createIssue, getIssue, updateIssue, closeIssue];
