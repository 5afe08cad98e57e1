import type { Pack } from '../pack.ts';

const version = { fixed: { version: '2024-10-15' } };

/** Snyk by its REST API; every call names the version of the API. */
export const snyk: Pack = {
  name: 'snyk',
  title: 'Snyk',
  summary: 'Projects, issues and targets of Snyk.',
  document: { from: 'url', url: 'https://api.snyk.io/rest/openapi/2024-10-15' },
  address: { cloud: 'https://api.snyk.io/rest', instance: 'https://api.eu.snyk.io/rest', append: '/rest' },
  auth: [
    {
      title: 'API token',
      kind: 'apiKey',
      header: 'Authorization',
      valuePrefix: 'token ',
      createdAt: 'https://app.snyk.io/account',
      scopes: [],
      note: 'The value is the word `token`, a space, and the token.',
    },
  ],
  operations: [
    { call: 'GET /self', name: 'get_self', description: 'Get the account that the credential acts as.', ...version },
    { call: 'GET /orgs', name: 'list_organizations', description: 'List organizations.', ...version },
    { call: 'GET /orgs/{org_id}', name: 'get_organization', description: 'Get one organization.', ...version },
    {
      call: 'GET /orgs/{org_id}/projects',
      name: 'list_projects',
      description: 'List the projects of an organization by target, name, origin or type.',
      ...version,
    },
    {
      call: 'GET /orgs/{org_id}/projects/{project_id}',
      name: 'get_project',
      description: 'Get one project.',
      ...version,
    },
    {
      call: 'PATCH /orgs/{org_id}/projects/{project_id}',
      name: 'update_project',
      description: 'Change tags, owner or test frequency of a project.',
      ...version,
    },
    {
      call: 'GET /orgs/{org_id}/issues',
      name: 'list_issues',
      description: 'List the issues of an organization by severity, type, status or project.',
      ...version,
    },
    {
      call: 'GET /orgs/{org_id}/issues/{issue_id}',
      name: 'get_issue',
      description: 'Get one issue: severity, coordinates, remedies.',
      ...version,
    },
    {
      call: 'GET /orgs/{org_id}/targets',
      name: 'list_targets',
      description: 'List targets: repositories, images and files that are watched.',
      ...version,
    },
    { call: 'GET /orgs/{org_id}/targets/{target_id}', name: 'get_target', description: 'Get one target.', ...version },
    {
      call: 'GET /orgs/{org_id}/packages/{purl}/issues',
      name: 'list_package_issues',
      description: 'List the direct vulnerabilities of a package, by its package URL.',
      ...version,
    },
    {
      call: 'GET /orgs/{org_id}/projects/{project_id}/sbom',
      name: 'get_sbom',
      description: 'Get the software bill of materials of a project.',
      ...version,
    },
    {
      call: 'GET /groups/{group_id}/issues',
      name: 'list_group_issues',
      description: 'List the issues of a group of organizations.',
      ...version,
    },
  ],
  health: '/self?version=2024-10-15',
};
