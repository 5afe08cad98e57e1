import type { Pack } from '../pack.ts';

/** Harness Code, hosted or one's own (Gitness). */
export const harness: Pack = {
  name: 'harness',
  title: 'Harness Code',
  summary: 'Repositories, pull requests, checks and files of Harness Code.',
  document: { from: 'instance', path: '/openapi.yaml' },
  address: { cloud: 'https://app.harness.io/gateway/code/api/v1', instance: 'https://harness.example.com/api/v1' },
  auth: [
    {
      title: 'API key of Harness',
      kind: 'apiKey',
      header: 'x-api-key',
      createdAt: 'https://developer.harness.io/docs/platform/automation/api/add-and-manage-api-keys/',
      scopes: ['code_repo_view', 'code_repo_edit'],
    },
    {
      title: 'Personal access token of an own instance',
      kind: 'bearer',
      createdAt: 'https://docs.gitness.com/',
      scopes: [],
    },
  ],
  prefixes: ['/api/v1'],
  operations: [
    {
      call: 'GET /repos/{repo_ref}',
      name: 'get_repository',
      description: 'Get one repository; its reference is the path with `/+` at the end.',
    },
    {
      call: 'GET /spaces/{space_ref}/repos',
      name: 'list_repositories',
      description: 'List the repositories of a space.',
    },
    {
      call: 'GET /repos/{repo_ref}/branches',
      name: 'list_branches',
      description: 'List the branches of a repository.',
    },
    {
      call: 'POST /repos/{repo_ref}/branches',
      name: 'create_branch',
      description: 'Create a branch at a commit or another branch.',
    },
    { call: 'GET /repos/{repo_ref}/commits', name: 'list_commits', description: 'List commits of a branch or path.' },
    {
      call: 'POST /repos/{repo_ref}/commits',
      name: 'commit_files',
      description: 'Create, change, move or delete files in one commit.',
    },
    {
      call: 'GET /repos/{repo_ref}/content/{path}',
      name: 'get_content',
      description: 'Get a file or the entries of a folder at a ref.',
    },
    {
      call: 'GET /repos/{repo_ref}/pullreq',
      name: 'list_pull_requests',
      description: 'List pull requests of a repository.',
    },
    { call: 'POST /repos/{repo_ref}/pullreq', name: 'create_pull_request', description: 'Open a pull request.' },
    {
      call: 'GET /repos/{repo_ref}/pullreq/{pullreq_number}',
      name: 'get_pull_request',
      description: 'Get one pull request.',
    },
    {
      call: 'PATCH /repos/{repo_ref}/pullreq/{pullreq_number}',
      name: 'update_pull_request',
      description: 'Change title or text of a pull request.',
    },
    {
      call: 'GET /repos/{repo_ref}/pullreq/{pullreq_number}/activities',
      name: 'list_pull_request_activities',
      description: 'List comments and events of a pull request.',
    },
    {
      call: 'POST /repos/{repo_ref}/pullreq/{pullreq_number}/comments',
      name: 'comment_on_pull_request',
      description: 'Write a comment on a pull request, or on lines of it.',
    },
    {
      call: 'POST /repos/{repo_ref}/pullreq/{pullreq_number}/reviews',
      name: 'review_pull_request',
      description: 'Approve a pull request or ask for changes.',
    },
    {
      call: 'GET /repos/{repo_ref}/pullreq/{pullreq_number}/checks',
      name: 'list_pull_request_checks',
      description: 'List the checks of a pull request and their results.',
    },
    {
      call: 'POST /repos/{repo_ref}/pullreq/{pullreq_number}/merge',
      name: 'merge_pull_request',
      description: 'Merge a pull request.',
    },
  ],
  webhook: 'harness',
  health: '/user',
};
