import type { Pack } from '../pack.ts';

/** Confluence Cloud, by its API v2. */
export const confluence: Pack = {
  name: 'confluence',
  title: 'Confluence Cloud',
  summary: 'Spaces, pages and their comments.',
  document: { from: 'url', url: 'https://dac-static.atlassian.com/cloud/confluence/openapi-v2.v3.json' },
  address: { instance: 'https://example.atlassian.net/wiki/api/v2', append: '/wiki/api/v2' },
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
      scopes: [
        'read:page:confluence',
        'write:page:confluence',
        'read:space:confluence',
        'read:comment:confluence',
        'write:comment:confluence',
      ],
      note: 'The address is then https://api.atlassian.com/ex/confluence/<site id>/wiki/api/v2.',
    },
  ],
  prefixes: ['/wiki/api/v2'],
  operations: [
    { call: 'GET /spaces', name: 'list_spaces', description: 'List spaces by key, type or status.' },
    { call: 'GET /spaces/{id}', name: 'get_space', description: 'Get one space.' },
    { call: 'GET /spaces/{id}/pages', name: 'list_pages_of_space', description: 'List the pages of a space.' },
    {
      call: 'GET /pages',
      name: 'list_pages',
      description: 'List pages by space, title or status; `body-format` adds their text.',
    },
    { call: 'GET /pages/{id}', name: 'get_page', description: 'Get one page; `body-format=storage` adds its text.' },
    {
      call: 'POST /pages',
      name: 'create_page',
      description: 'Create a page in a space, below another where `parentId` is given.',
    },
    {
      call: 'PUT /pages/{id}',
      name: 'update_page',
      description: 'Replace a page; `version.number` is the present one plus one.',
    },
    {
      call: 'GET /pages/{id}/children',
      name: 'list_child_pages',
      description: 'List the pages directly below a page.',
    },
    { call: 'GET /pages/{id}/versions', name: 'list_page_versions', description: 'List the versions of a page.' },
    { call: 'GET /pages/{id}/footer-comments', name: 'list_comments', description: 'List the comments below a page.' },
    { call: 'POST /footer-comments', name: 'add_comment', description: 'Write a comment below a page.' },
    { call: 'GET /pages/{id}/attachments', name: 'list_attachments', description: 'List the attachments of a page.' },
    { call: 'GET /pages/{id}/labels', name: 'list_labels', description: 'List the labels of a page.' },
  ],
  health: '/spaces?limit=1',
};
