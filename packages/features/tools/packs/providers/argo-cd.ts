import type { Pack } from '../pack.ts';

/** Argo CD; every instance has its own document. */
export const argoCd: Pack = {
  name: 'argo-cd',
  title: 'Argo CD',
  summary: 'Applications: their state, resources, logs and syncs.',
  document: { from: 'instance', path: '/swagger.json' },
  address: { instance: 'https://argocd.example.com' },
  auth: [
    {
      title: 'Token of an account or project role',
      kind: 'bearer',
      createdAt: 'https://argo-cd.readthedocs.io/en/stable/user-guide/commands/argocd_account_generate-token/',
      scopes: ['applications, get', 'applications, sync', 'logs, get'],
    },
  ],
  operations: [
    {
      call: 'GET /api/v1/applications',
      name: 'list_applications',
      description: 'List applications with sync status and health; `fields` narrows the answer.',
    },
    { call: 'GET /api/v1/applications/{name}', name: 'get_application', description: 'Get one application.' },
    {
      call: 'GET /api/v1/applications/{applicationName}/resource-tree',
      name: 'get_resource_tree',
      description: 'Get the resources of an application and how healthy each is.',
    },
    {
      call: 'GET /api/v1/applications/{applicationName}/managed-resources',
      name: 'get_differences',
      description: 'Get the live and the wanted state of the resources of an application.',
    },
    {
      call: 'GET /api/v1/applications/{name}/manifests',
      name: 'get_manifests',
      description: 'Get the manifests that an application is made of, at a revision.',
    },
    {
      call: 'GET /api/v1/applications/{name}/events',
      name: 'list_events',
      description: 'List the events of an application or one of its resources.',
    },
    {
      call: 'GET /api/v1/applications/{name}/logs',
      name: 'get_logs',
      description: 'Get logs of the pods of an application; `follow` must be false.',
      defaults: { follow: false },
    },
    {
      call: 'GET /api/v1/applications/{name}/resource',
      name: 'get_resource',
      description: 'Get one live resource of an application.',
    },
    {
      call: 'POST /api/v1/applications/{name}/sync',
      name: 'sync_application',
      description: 'Bring an application to the state of its revision; `dryRun` only tells.',
    },
    {
      call: 'POST /api/v1/applications/{name}/rollback',
      name: 'rollback_application',
      description: 'Bring an application back to an earlier deployment.',
    },
    {
      call: 'DELETE /api/v1/applications/{name}/operation',
      name: 'stop_operation',
      description: 'Stop the operation of an application that runs.',
    },
    {
      call: 'GET /api/v1/applications/{name}/resource/actions',
      name: 'list_resource_actions',
      description: 'List the actions that a resource offers, e.g. restart.',
    },
    {
      call: 'GET /api/v1/applications/{name}/revisions/{revision}/metadata',
      name: 'get_revision',
      description: 'Get author, date and message of a revision.',
    },
    { call: 'GET /api/v1/applicationsets', name: 'list_application_sets', description: 'List application sets.' },
    { call: 'GET /api/v1/projects', name: 'list_projects', description: 'List projects.' },
    { call: 'GET /api/v1/clusters', name: 'list_clusters', description: 'List clusters with their connection state.' },
    {
      call: 'GET /api/v1/repositories',
      name: 'list_repositories',
      description: 'List the repositories that Argo CD reads.',
    },
  ],
  health: '/api/version',
  permissions: {
    probe: {
      kind: 'calls',
      paths: {
        'clusters, get': '/api/v1/clusters',
        'repositories, get': '/api/v1/repositories',
        'projects, get': '/api/v1/projects',
      },
    },
    noun: 'permission',
    requirements: [
      { methods: ['GET'], path: '/api/v1/clusters/**', anyOf: ['clusters, get'] },
      { methods: ['GET'], path: '/api/v1/repositories/**', anyOf: ['repositories, get'] },
      { methods: ['GET'], path: '/api/v1/projects/**', anyOf: ['projects, get'] },
    ],
  },
};
