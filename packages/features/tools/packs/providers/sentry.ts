import type { Pack } from '../pack.ts';

/** Sentry, hosted or one's own. */
export const sentry: Pack = {
  name: 'sentry',
  title: 'Sentry',
  summary: 'Issues, their events, projects and releases.',
  document: {
    from: 'url',
    url: 'https://raw.githubusercontent.com/getsentry/sentry-api-schema/main/openapi-derefed.json',
  },
  address: { cloud: 'https://sentry.io', instance: 'https://sentry.example.com' },
  auth: [
    {
      title: 'Token of an internal integration or a user',
      kind: 'bearer',
      createdAt: 'https://docs.sentry.io/account/auth-tokens/',
      scopes: ['org:read', 'project:read', 'event:read', 'event:write', 'project:releases'],
    },
  ],
  operations: [
    { call: 'GET /api/0/organizations/', name: 'list_organizations', description: 'List organizations.' },
    {
      call: 'GET /api/0/organizations/{organization_id_or_slug}/projects/',
      name: 'list_projects',
      description: 'List the projects of an organization.',
    },
    {
      call: 'GET /api/0/organizations/{organization_id_or_slug}/issues/',
      name: 'search_issues',
      description: 'Search issues, e.g. `is:unresolved level:error`.',
    },
    {
      call: 'GET /api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/',
      name: 'get_issue',
      description: 'Get one issue.',
      orCalls: ['GET /api/0/issues/{issue_id}/'],
    },
    {
      call: 'PUT /api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/',
      name: 'update_issue',
      description: 'Resolve, ignore or assign an issue.',
      orCalls: ['PUT /api/0/issues/{issue_id}/'],
    },
    {
      call: 'GET /api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/events/',
      name: 'list_issue_events',
      description: 'List the events of an issue.',
      orCalls: ['GET /api/0/issues/{issue_id}/events/'],
    },
    {
      call: 'GET /api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/events/{event_id}/',
      name: 'get_issue_event',
      description: 'Get one event of an issue, or `latest`, `oldest`, `recommended`: with its stack trace.',
      orCalls: ['GET /api/0/issues/{issue_id}/events/{event_id}/'],
    },
    {
      call: 'GET /api/0/projects/{organization_id_or_slug}/{project_id_or_slug}/events/{event_id}/',
      name: 'get_event',
      description: 'Get one event of a project by its id.',
    },
    {
      call: 'GET /api/0/organizations/{organization_id_or_slug}/events/',
      name: 'query_events',
      description: 'Query events as a table of fields and aggregates.',
    },
    {
      call: 'GET /api/0/organizations/{organization_id_or_slug}/releases/',
      name: 'list_releases',
      description: 'List releases.',
    },
    {
      call: 'POST /api/0/organizations/{organization_id_or_slug}/releases/',
      name: 'create_release',
      description: 'Tell of a release with its commits.',
    },
    {
      call: 'GET /api/0/organizations/{organization_id_or_slug}/releases/{version}/',
      name: 'get_release',
      description: 'Get one release.',
    },
    {
      call: 'GET /api/0/organizations/{organization_id_or_slug}/teams/',
      name: 'list_teams',
      description: 'List teams.',
    },
    {
      call: 'GET /api/0/projects/{organization_id_or_slug}/{project_id_or_slug}/',
      name: 'get_project',
      description: 'Get one project.',
    },
  ],
  webhook: 'sentry',
  health: '/api/0/',
  permissions: {
    probe: { kind: 'list', path: '/api/0/', at: 'auth.scopes' },
    noun: 'scope',
    contains: {
      'org:admin': ['org:write', 'org:read'],
      'org:write': ['org:read'],
      'project:admin': ['project:write', 'project:read', 'project:releases'],
      'project:write': ['project:read', 'project:releases'],
      'event:admin': ['event:write', 'event:read'],
      'event:write': ['event:read'],
      'team:admin': ['team:write', 'team:read'],
      'team:write': ['team:read'],
    },
    requirements: [
      { methods: ['GET'], path: '/api/0/organizations/*/issues/**', anyOf: ['event:read'] },
      { methods: ['PUT'], path: '/api/0/organizations/*/issues/**', anyOf: ['event:write'] },
      { methods: ['GET'], path: '/api/0/issues/**', anyOf: ['event:read'] },
      { methods: ['PUT'], path: '/api/0/issues/**', anyOf: ['event:write'] },
      {
        methods: ['POST', 'PUT', 'DELETE'],
        path: '/api/0/organizations/*/releases/**',
        anyOf: ['project:releases', 'org:write'],
      },
      { methods: ['GET'], path: '/api/0/organizations/*/releases/**', anyOf: ['project:releases', 'org:read'] },
      { methods: ['GET'], path: '/api/0/organizations/*/teams/**', anyOf: ['team:read', 'org:read'] },
      { methods: ['DELETE'], path: '/api/0/projects/*/*', anyOf: ['project:admin'] },
      { methods: ['PUT', 'POST'], path: '/api/0/projects/**', anyOf: ['project:write'] },
      { methods: ['GET'], path: '/api/0/projects/**', anyOf: ['project:read'] },
      { methods: ['GET'], path: '/api/0/organizations/*', anyOf: ['org:read'] },
    ],
  },
};
