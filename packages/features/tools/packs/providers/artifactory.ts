import type { Pack } from '../pack.ts';
import { integer, text } from './schemas.ts';

const repository = { repoKey: 'Key of the repository, e.g. `libs-release-local`.' };
const item = { ...repository, path: 'Path of the file or folder within the repository.' };

/** JFrog Artifactory, which publishes no document; the address ends in /artifactory. */
export const artifactory: Pack = {
  name: 'artifactory',
  title: 'JFrog Artifactory',
  summary: 'Repositories, artifacts, their properties and builds.',
  document: { from: 'pack' },
  address: { instance: 'https://example.jfrog.io/artifactory', append: '/artifactory' },
  auth: [
    {
      title: 'Access or identity token',
      kind: 'bearer',
      createdAt: 'https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens',
      scopes: ['applied-permissions/user'],
    },
    {
      title: 'User name and password',
      kind: 'basic',
      createdAt: 'https://jfrog.com/help/r/jfrog-platform-administration-documentation/user-profile',
      scopes: [],
    },
  ],
  operations: [
    {
      call: 'GET /api/repositories',
      name: 'list_repositories',
      description: 'List repositories by type or package type.',
      query: {
        type: { type: 'string', enum: ['local', 'remote', 'virtual', 'federated', 'distribution'] },
        packageType: text('E.g. maven, npm, docker.'),
      },
    },
    {
      call: 'GET /api/repositories/{repoKey}',
      name: 'get_repository',
      description: 'Get the configuration of one repository.',
      path: repository,
    },
    {
      call: 'GET /api/storage/{repoKey}/{path}',
      name: 'get_item',
      description: 'Get size, checksums, dates and children of a file or folder.',
      path: item,
    },
    {
      call: 'GET /api/storage/{repoKey}/{path}#properties',
      name: 'get_properties',
      description: 'Get the properties of a file or folder.',
      path: item,
      query: { properties: text('Names of properties with commas between them; empty for all.') },
      required: ['properties'],
    },
    {
      call: 'PUT /api/storage/{repoKey}/{path}',
      name: 'set_properties',
      description: 'Set properties of a file or folder.',
      path: item,
      query: {
        properties: text('`name=value` pairs with `;` between them.'),
        recursive: { type: 'integer', enum: [0, 1] },
      },
      required: ['properties'],
    },
    {
      call: 'GET /api/search/artifact',
      name: 'search_artifacts',
      description: 'Search artifacts by a part of their name.',
      query: {
        name: text('A name, with `*` and `?` as wildcards.'),
        repos: text('Keys of repositories with commas between them.'),
      },
      required: ['name'],
    },
    {
      call: 'GET /api/search/gavc',
      name: 'search_maven',
      description: 'Search Maven artifacts by their coordinates.',
      query: {
        g: text('Group id.'),
        a: text('Artifact id.'),
        v: text('Version.'),
        c: text('Classifier.'),
        repos: text('Keys of repositories with commas between them.'),
      },
    },
    {
      call: 'GET /api/search/checksum',
      name: 'search_by_checksum',
      description: 'Find artifacts by a checksum.',
      query: { sha256: text('In hex.'), sha1: text('In hex.'), md5: text('In hex.') },
    },
    {
      call: 'POST /api/search/aql',
      name: 'search_aql',
      description: 'Search with the Artifactory Query Language, e.g. `items.find({"repo":"libs"}).limit(10)`.',
      body: text('A query of AQL.'),
      mediaType: 'text/plain',
    },
    {
      call: 'GET /api/search/latestVersion',
      name: 'get_latest_version',
      description: 'Get the latest version of a Maven artifact.',
      query: {
        g: text('Group id.'),
        a: text('Artifact id.'),
        repos: text('Keys of repositories with commas between them.'),
      },
      required: ['g', 'a'],
    },
    { call: 'GET /api/build', name: 'list_builds', description: 'List the names of builds.' },
    {
      call: 'GET /api/build/{buildName}/{buildNumber}',
      name: 'get_build',
      description: 'Get one build: modules, artifacts, dependencies, environment.',
      path: { buildName: 'Name of the build.', buildNumber: 'Its number.' },
    },
    { call: 'GET /{repoKey}/{path}', name: 'download', description: 'Get a file as it is.', path: item },
    { call: 'DELETE /{repoKey}/{path}', name: 'delete_item', description: 'Delete a file or folder.', path: item },
    {
      call: 'POST /api/copy/{repoKey}/{path}',
      name: 'copy_item',
      description: 'Copy a file or folder to another repository or path.',
      path: item,
      query: {
        to: text('Target, `/repository/path`.'),
        dry: { type: 'integer', enum: [0, 1], description: '1 only tries.' },
      },
      required: ['to'],
    },
    {
      call: 'POST /api/move/{repoKey}/{path}',
      name: 'move_item',
      description: 'Move a file or folder to another repository or path.',
      path: item,
      query: {
        to: text('Target, `/repository/path`.'),
        dry: { type: 'integer', enum: [0, 1], description: '1 only tries.' },
      },
      required: ['to'],
    },
    {
      call: 'GET /api/storageinfo',
      name: 'get_storage_summary',
      description: 'Get how much is stored, by repository.',
    },
    {
      call: 'GET /api/docker/{repoKey}/v2/{image}/tags/list',
      name: 'list_image_tags',
      description: 'List the tags of a Docker image.',
      path: { ...repository, image: 'Name of the image.' },
      query: { n: integer('At most so many.'), last: text('Start after this tag.') },
    },
  ],
  webhook: 'artifactory',
  health: '/api/system/ping',
  permissions: {
    probe: {
      kind: 'calls',
      paths: { 'reading repositories': '/api/repositories', administration: '/api/storageinfo' },
    },
    noun: 'permission for',
    requirements: [
      { path: '/api/storageinfo', anyOf: ['administration'] },
      { methods: ['GET'], path: '/api/repositories/**', anyOf: ['reading repositories'] },
    ],
  },
};
