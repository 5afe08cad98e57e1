import type { Pack } from '../pack.ts';

/** Sonatype Nexus Repository 3; every instance has its own document. */
export const nexus: Pack = {
  name: 'nexus',
  title: 'Sonatype Nexus Repository',
  summary: 'Repositories, components and assets.',
  document: { from: 'instance', path: '/swagger.json' },
  address: { instance: 'https://nexus.example.com/service/rest', append: '/service/rest' },
  auth: [
    {
      title: 'User token, as user name and password',
      kind: 'basic',
      createdAt: 'https://help.sonatype.com/en/user-tokens.html',
      scopes: ['nx-repository-view-*-*-read', 'nx-search-read'],
    },
  ],
  prefixes: ['/service/rest'],
  operations: [
    {
      call: 'GET /v1/search',
      name: 'search_components',
      description: 'Search components by name, group, version, format or repository.',
    },
    {
      call: 'GET /v1/search/assets',
      name: 'search_assets',
      description: 'Search single files by the same criteria as components.',
    },
    { call: 'GET /v1/components', name: 'list_components', description: 'List the components of a repository.' },
    { call: 'GET /v1/components/{id}', name: 'get_component', description: 'Get one component with its files.' },
    { call: 'DELETE /v1/components/{id}', name: 'delete_component', description: 'Delete a component with its files.' },
    { call: 'GET /v1/assets', name: 'list_assets', description: 'List the files of a repository.' },
    {
      call: 'GET /v1/assets/{id}',
      name: 'get_asset',
      description: 'Get one file: path, checksums, where to download it.',
    },
    { call: 'DELETE /v1/assets/{id}', name: 'delete_asset', description: 'Delete one file.' },
    {
      call: 'GET /v1/repositories',
      name: 'list_repositories',
      description: 'List repositories with format, type and address.',
    },
    { call: 'GET /v1/status', name: 'get_status', description: 'Get whether the server answers requests for reading.' },
    { call: 'GET /v1/status/writable', name: 'get_write_status', description: 'Get whether the server takes writes.' },
    {
      call: 'GET /v1/status/check',
      name: 'get_system_checks',
      description: 'Get the results of the checks of the system.',
    },
  ],
  health: '/v1/status',
  permissions: {
    probe: {
      kind: 'calls',
      paths: {
        administration: '/v1/status/check',
        'reading tasks': '/v1/tasks',
        'reading blob stores': '/v1/blobstores',
      },
    },
    noun: 'privilege of',
    requirements: [
      { path: '/v1/status/check', anyOf: ['administration'] },
      { path: '/v1/security/**', anyOf: ['administration'] },
      { path: '/v1/tasks/**', anyOf: ['reading tasks'] },
      { path: '/v1/blobstores/**', anyOf: ['reading blob stores'] },
    ],
  },
};
