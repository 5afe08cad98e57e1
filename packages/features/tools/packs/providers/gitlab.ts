import type { Pack } from '../pack.ts';

/** GitLab.com and instances of one's own. */
export const gitlab: Pack = {
  name: 'gitlab',
  title: 'GitLab',
  summary: 'Projects, issues, merge requests, pipelines and files.',
  document: { from: 'url', url: 'https://gitlab.com/gitlab-org/gitlab/-/raw/master/doc/api/openapi/openapi_v2.yaml' },
  address: { cloud: 'https://gitlab.com', instance: 'https://gitlab.example.com' },
  auth: [
    {
      title: 'OAuth application',
      kind: 'oauth2',
      connection: 'gitlab',
      createdAt: 'https://gitlab.com/-/user_settings/applications',
      scopes: ['api'],
    },
    {
      title: 'Personal, group or project access token',
      kind: 'apiKey',
      header: 'PRIVATE-TOKEN',
      createdAt: 'https://gitlab.com/-/user_settings/personal_access_tokens',
      scopes: ['api'],
      note: '`read_api` is enough for reading; tools that write are hidden then.',
    },
  ],
  prefixes: ['/api/v4'],
  operations: [
    {
      call: 'GET /api/v4/projects',
      name: 'list_projects',
      description: 'List or search projects that the credential sees.',
    },
    {
      call: 'GET /api/v4/projects/{id}',
      name: 'get_project',
      description: 'Get one project by its number or its path with `/` as `%2F`.',
    },
    {
      call: 'GET /api/v4/projects/{id}/search',
      name: 'search_project',
      description: 'Search within a project; `scope` is e.g. blobs, issues, merge_requests or commits.',
      orCalls: ['GET /api/v4/projects/{id}/-/search', 'GET /api/v4/projects/{id}/(-/)search'],
    },
    {
      call: 'GET /api/v4/projects/{id}/issues',
      name: 'list_issues',
      description: 'List the issues of a project by state, labels, assignee or text.',
    },
    {
      call: 'GET /api/v4/projects/{id}/issues/{issue_iid}',
      name: 'get_issue',
      description: 'Get one issue by its number within the project.',
    },
    { call: 'POST /api/v4/projects/{id}/issues', name: 'create_issue', description: 'Open an issue in a project.' },
    {
      call: 'PUT /api/v4/projects/{id}/issues/{issue_iid}',
      name: 'update_issue',
      description: 'Change an issue; `state_event` closes or reopens it.',
    },
    {
      call: 'POST /api/v4/projects/{id}/issues/{noteable_id}/notes',
      name: 'comment_on_issue',
      description: 'Write a comment on an issue.',
    },
    {
      call: 'GET /api/v4/projects/{id}/merge_requests',
      name: 'list_merge_requests',
      description: 'List the merge requests of a project by state, branch, author or reviewer.',
    },
    {
      call: 'GET /api/v4/projects/{id}/merge_requests/{merge_request_iid}',
      name: 'get_merge_request',
      description: 'Get one merge request: branches, state, approvals needed, pipeline.',
    },
    {
      call: 'POST /api/v4/projects/{id}/merge_requests',
      name: 'create_merge_request',
      description: 'Open a merge request from one branch into another.',
    },
    {
      call: 'GET /api/v4/projects/{id}/merge_requests/{merge_request_iid}/diffs',
      name: 'list_merge_request_diffs',
      description: 'List the changed files of a merge request with their diffs.',
    },
    {
      call: 'POST /api/v4/projects/{id}/merge_requests/{noteable_id}/notes',
      name: 'comment_on_merge_request',
      description: 'Write a comment on a merge request.',
    },
    {
      call: 'PUT /api/v4/projects/{id}/merge_requests/{merge_request_iid}/merge',
      name: 'merge_merge_request',
      description: 'Merge a merge request, at once or when its pipeline succeeds.',
    },
    {
      call: 'GET /api/v4/projects/{id}/pipelines',
      name: 'list_pipelines',
      description: 'List the pipelines of a project by branch, status or source.',
    },
    {
      call: 'GET /api/v4/projects/{id}/pipelines/{pipeline_id}/jobs',
      name: 'list_pipeline_jobs',
      description: 'List the jobs of a pipeline with status and failure reason.',
    },
    {
      call: 'GET /api/v4/projects/{id}/jobs/{job_id}/trace',
      name: 'get_job_log',
      description: 'Get the log of a job as text.',
    },
    {
      call: 'POST /api/v4/projects/{id}/pipelines/{pipeline_id}/retry',
      name: 'retry_pipeline',
      description: 'Run the failed jobs of a pipeline again.',
    },
    {
      call: 'GET /api/v4/projects/{id}/repository/tree',
      name: 'list_files',
      description: 'List files and folders of a repository at a path and ref.',
    },
    {
      call: 'GET /api/v4/projects/{id}/repository/files/{file_path}/raw',
      name: 'get_file',
      description: 'Get a file of a repository as it is, at a ref.',
    },
    {
      call: 'GET /api/v4/projects/{id}/repository/commits',
      name: 'list_commits',
      description: 'List commits of a ref or path, newest first.',
    },
    {
      call: 'GET /api/v4/projects/{id}/repository/compare',
      name: 'compare_commits',
      description: 'Compare two branches, tags or commits.',
    },
  ],
  webhook: 'gitlab',
  health: '/api/v4/version',
  permissions: {
    probe: { kind: 'list', path: '/api/v4/personal_access_tokens/self', at: 'scopes' },
    noun: 'scope',
    contains: { api: ['read_api', 'read_user', 'read_repository', 'write_repository'] },
    requirements: [
      { methods: ['GET', 'HEAD'], path: '/**/repository/files/**', anyOf: ['api', 'read_api', 'read_repository'] },
      { methods: ['GET', 'HEAD'], path: '/**/user', anyOf: ['api', 'read_api', 'read_user'] },
      { methods: ['GET', 'HEAD'], path: '/**', anyOf: ['api', 'read_api'] },
      { methods: ['POST', 'PUT', 'PATCH', 'DELETE'], path: '/**', anyOf: ['api'] },
    ],
  },
};
