import type { Pack } from '../pack.ts';

/** Bitbucket Cloud. */
export const bitbucket: Pack = {
  name: 'bitbucket',
  title: 'Bitbucket Cloud',
  summary: 'Repositories, pull requests, pipelines and commits.',
  document: { from: 'url', url: 'https://api.bitbucket.org/swagger.json' },
  address: { cloud: 'https://api.bitbucket.org/2.0' },
  auth: [
    {
      title: 'Repository, project or workspace access token',
      kind: 'bearer',
      createdAt: 'https://support.atlassian.com/bitbucket-cloud/docs/access-tokens/',
      scopes: ['repository', 'pullrequest:write', 'pipeline'],
    },
    {
      title: 'API token of an Atlassian account',
      kind: 'basic',
      createdAt: 'https://id.atlassian.com/manage-profile/security/api-tokens',
      scopes: ['read:repository:bitbucket', 'write:pullrequest:bitbucket', 'read:pipeline:bitbucket'],
      note: 'The user name is the e-mail address of the account.',
    },
  ],
  operations: [
    {
      call: 'GET /repositories/{workspace}',
      name: 'list_repositories',
      description: 'List the repositories of a workspace.',
    },
    {
      call: 'GET /repositories/{workspace}/{repo_slug}',
      name: 'get_repository',
      description: 'Get one repository: main branch, size, links.',
    },
    {
      call: 'GET /repositories/{workspace}/{repo_slug}/pullrequests',
      name: 'list_pull_requests',
      description: 'List pull requests of a repository by state.',
    },
    {
      call: 'GET /repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}',
      name: 'get_pull_request',
      description: 'Get one pull request: branches, reviewers, state.',
    },
    {
      call: 'POST /repositories/{workspace}/{repo_slug}/pullrequests',
      name: 'create_pull_request',
      description: 'Open a pull request.',
    },
    {
      call: 'GET /repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/diffstat',
      name: 'list_pull_request_files',
      description: 'List the files that a pull request changes.',
    },
    {
      call: 'GET /repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/comments',
      name: 'list_pull_request_comments',
      description: 'List the comments of a pull request.',
    },
    {
      call: 'POST /repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/comments',
      name: 'comment_on_pull_request',
      description: 'Write a comment on a pull request, on a line where `inline` is given.',
    },
    {
      call: 'POST /repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/approve',
      name: 'approve_pull_request',
      description: 'Approve a pull request.',
    },
    {
      call: 'POST /repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/merge',
      name: 'merge_pull_request',
      description: 'Merge a pull request.',
    },
    {
      call: 'GET /repositories/{workspace}/{repo_slug}/commits',
      name: 'list_commits',
      description: 'List the commits of a repository, newest first.',
    },
    {
      call: 'GET /repositories/{workspace}/{repo_slug}/src/{commit}/{path}',
      name: 'get_file',
      description: 'Get a file, or the entries of a folder, at a commit.',
    },
    {
      call: 'GET /repositories/{workspace}/{repo_slug}/refs/branches',
      name: 'list_branches',
      description: 'List the branches of a repository.',
    },
    {
      call: 'GET /repositories/{workspace}/{repo_slug}/pipelines',
      name: 'list_pipelines',
      description: 'List pipeline runs of a repository.',
      orCalls: ['GET /repositories/{workspace}/{repo_slug}/pipelines/'],
    },
    {
      call: 'GET /repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps',
      name: 'list_pipeline_steps',
      description: 'List the steps of a pipeline run with their results.',
      orCalls: ['GET /repositories/{workspace}/{repo_slug}/pipelines/{pipeline_uuid}/steps/'],
    },
    {
      call: 'POST /repositories/{workspace}/{repo_slug}/pipelines',
      name: 'start_pipeline',
      description: 'Start a pipeline on a branch or commit.',
      orCalls: ['POST /repositories/{workspace}/{repo_slug}/pipelines/'],
    },
  ],
  prefixes: ['/2.0'],
  webhook: 'bitbucket',
  health: '/user',
  permissions: {
    probe: { kind: 'header', path: '/user', header: 'x-oauth-scopes' },
    noun: 'scope',
    contains: {
      'repository:admin': ['repository:write', 'repository', 'pullrequest'],
      'repository:write': ['repository'],
      'pullrequest:write': ['pullrequest', 'repository', 'repository:write'],
      pullrequest: ['repository'],
      'pipeline:variable': ['pipeline:write', 'pipeline'],
      'pipeline:write': ['pipeline'],
    },
    requirements: [
      { methods: ['GET'], path: '/repositories/*/*/pullrequests/**', anyOf: ['pullrequest'] },
      { path: '/repositories/*/*/pullrequests/**', anyOf: ['pullrequest:write'] },
      { methods: ['GET'], path: '/repositories/*/*/pipelines/**', anyOf: ['pipeline'] },
      { methods: ['POST'], path: '/repositories/*/*/pipelines/**', anyOf: ['pipeline:write'] },
      { methods: ['GET'], path: '/repositories/**', anyOf: ['repository'] },
    ],
  },
};
