import { found } from './lookup.ts';
import { operation } from './operation.ts';
import { oldestFirst, pageQuery, paginate } from './page.ts';
import { comment, commentId, commentPage, issueId, newComment, type Comment } from './schemas.ts';
import type { World } from './state.ts';

const listIssueComments = operation({
  operationId: 'listIssueComments',
  method: 'get',
  path: '/issues/{issueId}/comments',
  tag: 'issues',
  summary: 'List the comments of an issue',
  description: 'Lists the comments of one issue, the oldest first.',
  pathParameters: { issueId },
  queryParameters: pageQuery,
  answer: commentPage,
  act: ({ path, query }, { state }) => {
    found(state.issues, path.issueId);
    const own = [...state.comments.values()].filter((item) => item.issueId === path.issueId);
    return paginate(own, query, oldestFirst);
  },
});

const addIssueComment = operation({
  operationId: 'addIssueComment',
  method: 'post',
  path: '/issues/{issueId}/comments',
  tag: 'issues',
  summary: 'Comment on an issue',
  description: 'Adds a comment to an issue, open or closed.',
  pathParameters: { issueId },
  body: newComment,
  status: 201,
  answer: comment,
  idempotent: true,
  act: ({ path, body }, world) => {
    found(world.state.issues, path.issueId);
    const added: Comment = { id: world.nextId('CMT'), issueId: path.issueId, ...body, createdAt: world.now() };
    world.state.comments.set(added.id, added);
    countComments(world, path.issueId, 1);
    return added;
  },
});

const deleteIssueComment = operation({
  operationId: 'deleteIssueComment',
  method: 'delete',
  path: '/issues/{issueId}/comments/{commentId}',
  tag: 'issues',
  summary: 'Delete a comment',
  description: 'Deletes a comment for good and answers with an empty body.',
  pathParameters: { issueId, commentId },
  status: 204,
  act: ({ path }, world) => {
    found(world.state.issues, path.issueId);
    const own = new Map([...world.state.comments].filter(([, item]) => item.issueId === path.issueId));
    world.state.comments.delete(found(own, path.commentId).id);
    countComments(world, path.issueId, -1);
    return undefined;
  },
});

function countComments(world: World, id: string, by: 1 | -1): void {
  const present = found(world.state.issues, id);
  const changed = { ...present, commentCount: present.commentCount + by, updatedAt: world.now() };
  world.state.issues.set(id, changed);
}

/** The operations on the comments of issues. */
export const commentOperations = [listIssueComments, addIssueComment, deleteIssueComment];
