import type { Pack } from '../pack.ts';

const asked =
  'BROWSE_PROJECTS,CREATE_ISSUES,EDIT_ISSUES,TRANSITION_ISSUES,ADD_COMMENTS,ASSIGN_ISSUES,LINK_ISSUES,WORK_ON_ISSUES,DELETE_ISSUES,ADMINISTER';

/** Jira Cloud; with OAuth the address is https://api.atlassian.com/ex/jira/<site id>. */
export const jira: Pack = {
  name: 'jira',
  title: 'Jira Cloud',
  summary: 'Issues, their workflow, comments and projects.',
  document: { from: 'url', url: 'https://developer.atlassian.com/cloud/jira/platform/swagger-v3.v3.json' },
  address: { instance: 'https://example.atlassian.net' },
  auth: [
    {
      title: 'API token of an Atlassian account',
      kind: 'basic',
      createdAt: 'https://id.atlassian.com/manage-profile/security/api-tokens',
      scopes: [],
      note: 'The user name is the e-mail address of the account.',
    },
    {
      title: 'OAuth 2.0 (3LO)',
      kind: 'oauth2',
      connection: 'atlassian',
      createdAt: 'https://developer.atlassian.com/console/myapps/',
      scopes: ['read:jira-work', 'write:jira-work', 'read:jira-user'],
      note: 'The address is then https://api.atlassian.com/ex/jira/<site id>.',
    },
  ],
  operations: [
    {
      call: 'GET /rest/api/3/search/jql',
      orCalls: ['GET /rest/api/3/search'],
      name: 'search_issues',
      description: 'Search issues with JQL, e.g. `project = ABC AND status = "In Progress" ORDER BY updated DESC`.',
    },
    {
      call: 'GET /rest/api/3/issue/{issueIdOrKey}',
      name: 'get_issue',
      description: 'Get one issue by key, e.g. ABC-123; `fields` narrows the answer.',
    },
    {
      call: 'POST /rest/api/3/issue',
      name: 'create_issue',
      description:
        'Create an issue: `fields` holds project, issuetype, summary and description (Atlassian Document Format).',
    },
    {
      call: 'PUT /rest/api/3/issue/{issueIdOrKey}',
      name: 'edit_issue',
      description: 'Change fields of an issue; not its status, which is a transition.',
    },
    {
      call: 'GET /rest/api/3/issue/{issueIdOrKey}/transitions',
      name: 'list_transitions',
      description: 'List the transitions that an issue can make now, with their ids.',
    },
    {
      call: 'POST /rest/api/3/issue/{issueIdOrKey}/transitions',
      name: 'transition_issue',
      description: 'Move an issue to another status by the id of a transition.',
    },
    {
      call: 'PUT /rest/api/3/issue/{issueIdOrKey}/assignee',
      name: 'assign_issue',
      description: 'Assign an issue to a person by account id, or to nobody.',
    },
    {
      call: 'GET /rest/api/3/issue/{issueIdOrKey}/comment',
      name: 'list_comments',
      description: 'List the comments of an issue.',
    },
    {
      call: 'POST /rest/api/3/issue/{issueIdOrKey}/comment',
      name: 'add_comment',
      description: 'Write a comment on an issue (Atlassian Document Format).',
    },
    {
      call: 'GET /rest/api/3/issue/{issueIdOrKey}/changelog',
      name: 'list_changes',
      description: 'List what was changed in an issue, by whom and when.',
    },
    {
      call: 'POST /rest/api/3/issue/{issueIdOrKey}/worklog',
      name: 'log_work',
      description: 'Log time that was worked on an issue.',
    },
    {
      call: 'POST /rest/api/3/issueLink',
      name: 'link_issues',
      description: 'Link two issues, e.g. as blocking or duplicate.',
    },
    { call: 'GET /rest/api/3/project/search', name: 'list_projects', description: 'List or search projects.' },
    {
      call: 'GET /rest/api/3/project/{projectIdOrKey}',
      name: 'get_project',
      description: 'Get one project with its issue types and components.',
    },
    {
      call: 'GET /rest/api/3/project/{projectIdOrKey}/version',
      name: 'list_versions',
      description: 'List the versions of a project.',
    },
    {
      call: 'GET /rest/api/3/user/search',
      name: 'find_users',
      description: 'Find people by name or e-mail address; their account ids are what issues want.',
    },
    {
      call: 'GET /rest/api/3/field',
      name: 'list_fields',
      description: 'List all fields with their ids, custom ones too.',
    },
    { call: 'GET /rest/api/3/myself', name: 'get_myself', description: 'Get the account that the credential acts as.' },
  ],
  webhook: 'jira',
  health: '/rest/api/3/myself',
  permissions: {
    probe: {
      kind: 'members',
      path: `/rest/api/3/mypermissions?permissions=${asked}`,
      at: 'permissions',
      flag: 'havePermission',
    },
    noun: 'permission',
    contains: { ADMINISTER: [] },
    requirements: [
      { methods: ['POST'], path: '/rest/api/*/issue', anyOf: ['CREATE_ISSUES'] },
      { methods: ['PUT'], path: '/rest/api/*/issue/*', anyOf: ['EDIT_ISSUES'] },
      { methods: ['DELETE'], path: '/rest/api/*/issue/*', anyOf: ['DELETE_ISSUES'] },
      { methods: ['POST'], path: '/rest/api/*/issue/*/transitions', anyOf: ['TRANSITION_ISSUES'] },
      { methods: ['POST'], path: '/rest/api/*/issue/*/comment', anyOf: ['ADD_COMMENTS'] },
      { methods: ['PUT'], path: '/rest/api/*/issue/*/assignee', anyOf: ['ASSIGN_ISSUES'] },
      { methods: ['POST'], path: '/rest/api/*/issue/*/worklog', anyOf: ['WORK_ON_ISSUES'] },
      { methods: ['POST'], path: '/rest/api/*/issueLink', anyOf: ['LINK_ISSUES'] },
      { methods: ['POST', 'PUT', 'DELETE'], path: '/rest/api/*/field/**', anyOf: ['ADMINISTER'] },
      { methods: ['POST', 'PUT', 'DELETE'], path: '/rest/api/*/project/*', anyOf: ['ADMINISTER'] },
      { methods: ['POST'], path: '/rest/api/*/project', anyOf: ['ADMINISTER'] },
    ],
  },
};
