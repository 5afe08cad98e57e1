import type { Pack } from '../pack.ts';

/** SonarQube and SonarQube Cloud, which list their web services in a format of their own. */
export const sonarqube: Pack = {
  name: 'sonarqube',
  title: 'SonarQube',
  summary: 'Issues, hotspots, measures and quality gates of projects.',
  document: { from: 'instance', path: '/api/webservices/list' },
  address: { cloud: 'https://sonarcloud.io', instance: 'https://sonarqube.example.com' },
  auth: [
    {
      title: 'User token',
      kind: 'bearer',
      createdAt: 'https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/',
      scopes: [],
      note: 'Servers before version 10 want it as the user name of `basic`, with an empty password.',
    },
  ],
  operations: [
    {
      call: 'GET /api/projects/search',
      name: 'search_projects',
      description: 'Search projects; needs the permission to administer them. `search_components` needs less.',
    },
    { call: 'GET /api/components/search', name: 'search_components', description: 'Search projects by name or key.' },
    {
      call: 'GET /api/components/tree',
      name: 'list_component_tree',
      description: 'List folders and files of a project.',
    },
    {
      call: 'GET /api/issues/search',
      name: 'search_issues',
      description: 'Search issues by project, severity, type, status, rule, file or author.',
    },
    {
      call: 'POST /api/issues/do_transition',
      name: 'transition_issue',
      description: 'Change the status of an issue, e.g. accept, falsepositive, resolve, reopen.',
    },
    {
      call: 'POST /api/issues/assign',
      name: 'assign_issue',
      description: 'Assign an issue to a person, or to nobody.',
    },
    { call: 'POST /api/issues/add_comment', name: 'comment_on_issue', description: 'Write a comment on an issue.' },
    {
      call: 'GET /api/hotspots/search',
      name: 'search_hotspots',
      description: 'Search security hotspots of a project.',
    },
    {
      call: 'GET /api/hotspots/show',
      name: 'get_hotspot',
      description: 'Get one security hotspot with what to do about it.',
    },
    {
      call: 'GET /api/measures/component',
      name: 'get_measures',
      description: 'Get measures of a project or file, e.g. coverage, bugs, ncloc.',
    },
    {
      call: 'GET /api/measures/search_history',
      name: 'get_measure_history',
      description: 'Get how measures changed with time.',
    },
    {
      call: 'GET /api/qualitygates/project_status',
      name: 'get_quality_gate_status',
      description: 'Get whether a project, branch or pull request passes its quality gate, and why not.',
    },
    {
      call: 'GET /api/project_branches/list',
      name: 'list_branches',
      description: 'List the branches of a project with their quality gate.',
    },
    {
      call: 'GET /api/project_pull_requests/list',
      name: 'list_pull_requests',
      description: 'List the analysed pull requests of a project.',
    },
    {
      call: 'GET /api/project_analyses/search',
      name: 'list_analyses',
      description: 'List the analyses of a project with their events.',
    },
    { call: 'GET /api/rules/show', name: 'get_rule', description: 'Get one rule with its description.' },
    {
      call: 'GET /api/rules/search',
      name: 'search_rules',
      description: 'Search rules by language, tag, type or text.',
    },
    { call: 'GET /api/sources/raw', name: 'get_source', description: 'Get the source of a file as it was analysed.' },
    {
      call: 'GET /api/duplications/show',
      name: 'get_duplications',
      description: 'Get the duplicated blocks of a file.',
    },
    {
      call: 'GET /api/ce/activity',
      name: 'list_background_tasks',
      description: 'List background tasks, e.g. analyses that failed.',
    },
  ],
  webhook: 'sonarqube',
  health: '/api/system/status',
  permissions: {
    probe: { kind: 'calls', paths: { 'administering projects': '/api/projects/search?ps=1' } },
    noun: 'permission for',
    requirements: [
      { path: '/api/projects/**', anyOf: ['administering projects'] },
      { path: '/api/ce/activity', anyOf: ['administering projects'] },
    ],
  },
};
