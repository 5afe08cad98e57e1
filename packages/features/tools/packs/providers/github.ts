import type { Pack } from '../pack.ts';

const readRepository = ['repo', 'public_repo', 'repo:status'];
const writeRepository = ['repo', 'public_repo'];

/** GitHub, its Enterprise Cloud with data residency, and Enterprise Server (address ending in /api/v3). */
export const github: Pack = {
  name: 'github',
  title: 'GitHub',
  summary: 'Repositories, issues, pull requests, checks and workflow runs.',
  document: {
    from: 'url',
    url: 'https://raw.githubusercontent.com/github/rest-api-description/main/descriptions/api.github.com/api.github.com.json',
  },
  address: { cloud: 'https://api.github.com', instance: 'https://github.example.com/api/v3' },
  auth: [
    {
      title: 'GitHub App or OAuth app',
      kind: 'oauth2',
      connection: 'github',
      createdAt: 'https://github.com/settings/developers',
      scopes: ['repo', 'read:org', 'workflow'],
    },
    {
      title: 'Personal access token',
      kind: 'bearer',
      createdAt: 'https://github.com/settings/tokens',
      scopes: ['repo', 'read:org', 'workflow'],
      note: 'What a fine-grained token may do is not told by GitHub, so nothing is hidden under one.',
    },
    {
      title: 'Installation of a GitHub App',
      kind: 'jwtBearer',
      createdAt: 'https://github.com/settings/apps',
      scopes: [],
      note: 'Give its private key, its client id as issuer, and the installation.',
    },
  ],
  operations: [
    {
      call: 'GET /repos/{owner}/{repo}',
      name: 'get_repository',
      description: 'Get one repository: its default branch, visibility, topics and counts.',
    },
    {
      call: 'GET /search/repositories',
      name: 'search_repositories',
      description: 'Search repositories by name, topic, language or owner, in the syntax of GitHub search.',
    },
    {
      call: 'GET /search/code',
      name: 'search_code',
      description: 'Search code on default branches, e.g. `addClass repo:owner/name language:js`.',
    },
    {
      call: 'GET /search/issues',
      name: 'search_issues',
      description: 'Search issues and pull requests, e.g. `is:pr is:open author:octocat repo:owner/name`.',
    },
    {
      call: 'GET /repos/{owner}/{repo}/issues',
      name: 'list_issues',
      description: 'List the issues of a repository; pull requests are among them.',
    },
    {
      call: 'GET /repos/{owner}/{repo}/issues/{issue_number}',
      name: 'get_issue',
      description: 'Get one issue with its text, labels, assignees and state.',
    },
    { call: 'POST /repos/{owner}/{repo}/issues', name: 'create_issue', description: 'Open an issue in a repository.' },
    {
      call: 'PATCH /repos/{owner}/{repo}/issues/{issue_number}',
      name: 'update_issue',
      description: 'Change title, text, labels, assignees or state of an issue, e.g. close it.',
    },
    {
      call: 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
      name: 'list_issue_comments',
      description: 'List the comments of an issue or pull request, oldest first.',
    },
    {
      call: 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
      name: 'comment_on_issue',
      description: 'Write a comment on an issue or pull request.',
    },
    {
      call: 'GET /repos/{owner}/{repo}/pulls',
      name: 'list_pull_requests',
      description: 'List the pull requests of a repository by state, head or base branch.',
    },
    {
      call: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
      name: 'get_pull_request',
      description: 'Get one pull request: its branches, mergeability, reviewers and counts.',
    },
    {
      call: 'POST /repos/{owner}/{repo}/pulls',
      name: 'create_pull_request',
      description: 'Open a pull request from one branch (`head`) into another (`base`).',
    },
    {
      call: 'PATCH /repos/{owner}/{repo}/pulls/{pull_number}',
      name: 'update_pull_request',
      description: 'Change title, text, base branch or state of a pull request.',
    },
    {
      call: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/files',
      name: 'list_pull_request_files',
      description: 'List the files that a pull request changes, with their patches.',
    },
    {
      call: 'POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews',
      name: 'review_pull_request',
      description: 'Review a pull request: approve it, ask for changes, or comment on lines.',
    },
    {
      call: 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge',
      name: 'merge_pull_request',
      description: 'Merge a pull request by merge commit, squash or rebase.',
    },
    {
      call: 'GET /repos/{owner}/{repo}/contents/{path}',
      name: 'get_contents',
      description: 'Get a file (base64) or the entries of a folder, at a branch, tag or commit.',
    },
    {
      call: 'PUT /repos/{owner}/{repo}/contents/{path}',
      name: 'write_file',
      description: 'Create a file or replace it, as one commit; replacing needs the `sha` of the present one.',
    },
    {
      call: 'GET /repos/{owner}/{repo}/commits',
      name: 'list_commits',
      description: 'List commits of a branch or path, newest first.',
    },
    {
      call: 'GET /repos/{owner}/{repo}/compare/{basehead}',
      name: 'compare_commits',
      description: 'Compare two branches, tags or commits (`base...head`): commits between them and changed files.',
    },
    {
      call: 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
      name: 'list_check_runs',
      description: 'List the check runs of a commit, branch or tag with status and conclusion.',
    },
    {
      call: 'GET /repos/{owner}/{repo}/actions/runs',
      name: 'list_workflow_runs',
      description: 'List runs of GitHub Actions by branch, event or status.',
    },
    {
      call: 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs',
      name: 'list_workflow_jobs',
      description: 'List the jobs of a workflow run with their steps and what failed.',
    },
    {
      call: 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches',
      name: 'start_workflow',
      description: 'Start a workflow on a branch or tag, with its inputs.',
    },
  ],
  webhook: 'github',
  health: '/rate_limit',
  permissions: {
    probe: { kind: 'header', path: '/rate_limit', header: 'x-oauth-scopes' },
    noun: 'scope',
    contains: {
      repo: ['public_repo', 'repo:status', 'repo_deployment', 'repo:invite', 'security_events'],
      'admin:org': ['write:org', 'read:org'],
      'write:org': ['read:org'],
      'admin:repo_hook': ['write:repo_hook', 'read:repo_hook'],
      'write:repo_hook': ['read:repo_hook'],
      user: ['read:user', 'user:email', 'user:follow'],
      'write:packages': ['read:packages'],
      'admin:public_key': ['write:public_key', 'read:public_key'],
      'write:public_key': ['read:public_key'],
      'admin:gpg_key': ['write:gpg_key', 'read:gpg_key'],
      'write:gpg_key': ['read:gpg_key'],
    },
    requirements: [
      { methods: ['POST', 'PATCH', 'PUT', 'DELETE'], path: '/repos/*/*/hooks/**', anyOf: ['write:repo_hook', 'repo'] },
      { methods: ['GET'], path: '/repos/*/*/hooks/**', anyOf: ['read:repo_hook', 'repo'] },
      { methods: ['POST'], path: '/repos/*/*/statuses/*', anyOf: ['repo:status', ...writeRepository] },
      { methods: ['POST'], path: '/repos/*/*/deployments/**', anyOf: ['repo_deployment', ...writeRepository] },
      { methods: ['DELETE'], path: '/repos/*/*', anyOf: ['delete_repo'] },
      { methods: ['POST', 'PATCH', 'PUT', 'DELETE'], path: '/repos/**', anyOf: writeRepository },
      { methods: ['POST'], path: '/user/repos', anyOf: writeRepository },
      { path: '/repos/*/*/actions/secrets/**', anyOf: readRepository },
      { methods: ['POST', 'PATCH', 'DELETE'], path: '/gists/**', anyOf: ['gist'] },
      { path: '/orgs/*/hooks/**', anyOf: ['admin:org_hook'] },
      { methods: ['POST', 'PATCH', 'PUT', 'DELETE'], path: '/orgs/*/members/**', anyOf: ['write:org'] },
      { methods: ['POST', 'PATCH', 'PUT', 'DELETE'], path: '/orgs/*/teams/**', anyOf: ['write:org'] },
      { methods: ['GET'], path: '/orgs/*/teams/**', anyOf: ['read:org'] },
      { path: '/notifications/**', anyOf: ['notifications', 'repo'] },
      { path: '/user/emails/**', anyOf: ['user:email'] },
    ],
  },
};
