import type { Pack } from '../pack.ts';
import { integer, object, text, texts } from './schemas.ts';

/** JFrog Xray, which publishes no document; the address ends in /xray. */
export const xray: Pack = {
  name: 'xray',
  title: 'JFrog Xray',
  summary: 'Vulnerabilities, violations, policies and scans of artifacts.',
  document: { from: 'pack' },
  address: { instance: 'https://example.jfrog.io/xray', append: '/xray' },
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
      call: 'POST /api/v1/summary/artifact',
      name: 'get_artifact_summary',
      description: 'Get the issues and licenses of artifacts, by path or checksum.',
      body: object({
        paths: texts('Paths, e.g. `default/libs-release-local/a/b.jar`.'),
        checksums: texts('SHA-256 in hex.'),
      }),
    },
    {
      call: 'POST /api/v1/summary/component',
      name: 'get_component_summary',
      description: 'Get the issues of components, e.g. `npm://lodash:4.17.20`.',
      body: object(
        {
          component_details: {
            type: 'array',
            items: object({ component_id: text('Type, name and version.') }, ['component_id']),
          },
        },
        ['component_details'],
      ),
    },
    {
      call: 'POST /api/v1/violations',
      name: 'search_violations',
      description: 'Search violations by watch, severity, type, CVE or time.',
      body: object(
        {
          filters: object({
            name_contains: text('Part of a name.'),
            violation_type: { type: 'string', enum: ['Security', 'License', 'Operational_Risk'] },
            watch_name: text('Name of a watch.'),
            min_severity: { type: 'string', enum: ['Low', 'Medium', 'High', 'Critical'] },
            created_from: text('Instant, ISO 8601.'),
            issue_id: text('Id of an issue.'),
            cve_id: text('E.g. CVE-2021-44228.'),
          }),
          pagination: object({
            order_by: text('Field.'),
            limit: integer('Of one page.'),
            offset: integer('Number of the page, from 1.'),
          }),
        },
        ['filters'],
      ),
    },
    {
      call: 'POST /api/v1/component/searchByCves',
      name: 'find_components_by_cve',
      description: 'Find components that CVEs affect.',
      body: object({ cves: texts('E.g. CVE-2021-44228.') }, ['cves']),
    },
    {
      call: 'POST /api/v1/dependencyGraph/artifact',
      name: 'get_dependency_graph',
      description: 'Get what an artifact is made of.',
      body: object({ path: text('Path of the artifact.') }, ['path']),
    },
    {
      call: 'POST /api/v1/dependencyGraph/build',
      name: 'get_build_dependency_graph',
      description: 'Get what a build is made of.',
      body: object(
        { artifactory_id: text('Id of the Artifactory.'), build_name: text('Name.'), build_number: text('Number.') },
        ['build_name', 'build_number'],
      ),
    },
    {
      call: 'POST /api/v2/ci/build',
      name: 'scan_build',
      description: 'Scan a build of Artifactory.',
      body: object(
        {
          build_name: text('Name.'),
          build_number: text('Number.'),
          project: text('Key of a project.'),
          rescan: { type: 'boolean' },
        },
        ['build_name', 'build_number'],
      ),
    },
    {
      call: 'GET /api/v2/ci/build/{build_name}/{build_number}',
      name: 'get_build_scan',
      description: 'Get the results of the scan of a build.',
      path: { build_name: 'Name.', build_number: 'Number.' },
      query: { include_vulnerabilities: { type: 'boolean' } },
    },
    {
      call: 'POST /api/v1/artifact/status',
      name: 'get_scan_status',
      description: 'Get whether an artifact was scanned.',
      body: object({ repo: text('Key of the repository.'), path: text('Path in it.') }, ['repo', 'path']),
    },
    { call: 'GET /api/v2/policies', name: 'list_policies', description: 'List policies with their rules.' },
    {
      call: 'GET /api/v2/policies/{name}',
      name: 'get_policy',
      description: 'Get one policy.',
      path: { name: 'Name of the policy.' },
    },
    {
      call: 'GET /api/v2/watches',
      name: 'list_watches',
      description: 'List watches: what is watched, and by which policies.',
    },
    {
      call: 'GET /api/v2/watches/{name}',
      name: 'get_watch',
      description: 'Get one watch.',
      path: { name: 'Name of the watch.' },
    },
    {
      call: 'GET /api/v1/ignore_rules',
      name: 'list_ignore_rules',
      description: 'List the rules by which violations are ignored.',
      query: { vulnerability: text('Id of an issue.'), watch: text('Name of a watch.') },
    },
    {
      call: 'POST /api/v1/ignore_rules',
      name: 'create_ignore_rule',
      description: 'Ignore violations that match filters, until a date.',
      body: object(
        {
          notes: text('Why.'),
          expiration_date: text('Instant, ISO 8601.'),
          ignore_filters: {
            type: 'object',
            description: 'E.g. `vulnerabilities`, `watches`, `components`, `artifacts`.',
          },
        },
        ['notes', 'ignore_filters'],
      ),
    },
    { call: 'GET /api/v1/system/version', name: 'get_version', description: 'Get the version of Xray.' },
  ],
  health: '/api/v1/system/ping',
  permissions: {
    probe: { kind: 'calls', paths: { 'managing policies': '/api/v2/policies', 'managing watches': '/api/v2/watches' } },
    noun: 'permission for',
    requirements: [
      { path: '/api/v2/policies/**', anyOf: ['managing policies'] },
      { path: '/api/v2/watches/**', anyOf: ['managing watches'] },
    ],
  },
};
