import type { OwnOperation, Pack } from '../pack.ts';
import { integer, object, text, texts } from './schemas.ts';

type Variables = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const issue =
  'id identifier title description priority url state { id name type } assignee { id name } team { id key } labels { nodes { id name } } updatedAt';
const page = 'pageInfo { hasNextPage endCursor }';
const paging: Variables = {
  first: integer('At most so many; 50 at first.'),
  after: text('Where the previous page ended (`endCursor`).'),
};

interface Query {
  readonly name: string;
  readonly description: string;
  readonly document: string;
  readonly variables: Variables;
  readonly required?: readonly string[];
}

/** A document of GraphQL as an operation: what is asked stands, arguments are its variables. */
function query({ name, description, document, variables, required }: Query): OwnOperation {
  return {
    call: `POST /graphql#${name}`,
    name,
    description,
    fixed: { query: document },
    body: object({ query: text('The document.'), variables: object(variables, required) }, [
      'query',
      ...(required === undefined ? [] : ['variables']),
    ]),
  };
}

/** Linear, whose API is GraphQL: a few documents that developers need. */
export const linear: Pack = {
  name: 'linear',
  title: 'Linear',
  summary: 'Issues, projects, cycles and comments.',
  document: { from: 'pack' },
  address: { cloud: 'https://api.linear.app' },
  auth: [
    {
      title: 'Personal API key',
      kind: 'apiKey',
      header: 'Authorization',
      createdAt: 'https://linear.app/settings/account/security',
      scopes: ['Read', 'Create issues', 'Create comments'],
    },
    {
      title: 'OAuth access token',
      kind: 'bearer',
      createdAt: 'https://linear.app/settings/api/applications/new',
      scopes: ['read', 'write'],
    },
  ],
  operations: [
    query({
      name: 'search_issues',
      description: 'Search issues by text.',
      document: `query($term: String!, $first: Int, $after: String) { searchIssues(term: $term, first: $first, after: $after) { nodes { ${issue} } ${page} } }`,
      variables: { term: text('What to search for.'), ...paging },
      required: ['term'],
    }),
    query({
      name: 'list_issues',
      description: 'List issues by a filter, e.g. `{"team":{"key":{"eq":"ENG"}},"state":{"type":{"eq":"started"}}}`.',
      document: `query($filter: IssueFilter, $first: Int, $after: String) { issues(filter: $filter, first: $first, after: $after) { nodes { ${issue} } ${page} } }`,
      variables: { filter: { type: 'object', description: 'An IssueFilter of Linear.' }, ...paging },
    }),
    query({
      name: 'get_issue',
      description: 'Get one issue by id or identifier, e.g. ENG-123, with its comments.',
      document: `query($id: String!) { issue(id: $id) { ${issue} comments { nodes { id body createdAt user { name } } } } }`,
      variables: { id: text('Id or identifier.') },
      required: ['id'],
    }),
    query({
      name: 'create_issue',
      description: 'Create an issue in a team.',
      document: `mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { ${issue} } } }`,
      variables: {
        input: object(
          {
            teamId: text('Id of the team.'),
            title: text('Title.'),
            description: text('Markdown.'),
            assigneeId: text('Id of a person.'),
            stateId: text('Id of a workflow state.'),
            priority: integer('0 none, 1 urgent, 2 high, 3 medium, 4 low.'),
            labelIds: texts('Ids of labels.'),
            projectId: text('Id of a project.'),
          },
          ['teamId', 'title'],
        ),
      },
      required: ['input'],
    }),
    query({
      name: 'update_issue',
      description: 'Change an issue, e.g. its state, assignee or priority.',
      document: `mutation($id: String!, $input: IssueUpdateInput!) { issueUpdate(id: $id, input: $input) { success issue { ${issue} } } }`,
      variables: {
        id: text('Id or identifier.'),
        input: object({
          title: text('Title.'),
          description: text('Markdown.'),
          assigneeId: text('Id of a person.'),
          stateId: text('Id of a workflow state.'),
          priority: integer('0 none to 4 low.'),
          labelIds: texts('Ids of labels.'),
        }),
      },
      required: ['id', 'input'],
    }),
    query({
      name: 'comment_on_issue',
      description: 'Write a comment on an issue.',
      document: 'mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success comment { id url } } }',
      variables: { input: object({ issueId: text('Id of the issue.'), body: text('Markdown.') }, ['issueId', 'body']) },
      required: ['input'],
    }),
    query({
      name: 'list_teams',
      description: 'List teams with their keys and workflow states.',
      document: `query($first: Int, $after: String) { teams(first: $first, after: $after) { nodes { id key name states { nodes { id name type } } } ${page} } }`,
      variables: paging,
    }),
    query({
      name: 'list_projects',
      description: 'List projects with their progress.',
      document: `query($first: Int, $after: String) { projects(first: $first, after: $after) { nodes { id name description state progress url targetDate } ${page} } }`,
      variables: paging,
    }),
    query({
      name: 'list_cycles',
      description: 'List cycles, the current ones too.',
      document: `query($filter: CycleFilter, $first: Int, $after: String) { cycles(filter: $filter, first: $first, after: $after) { nodes { id number name startsAt endsAt progress team { key } } ${page} } }`,
      variables: {
        filter: { type: 'object', description: 'A CycleFilter of Linear, e.g. `{"isActive":{"eq":true}}`.' },
        ...paging,
      },
    }),
    query({
      name: 'list_users',
      description: 'List people.',
      document: `query($first: Int, $after: String) { users(first: $first, after: $after) { nodes { id name displayName email active } ${page} } }`,
      variables: paging,
    }),
    query({
      name: 'list_labels',
      description: 'List the labels of issues.',
      document: `query($first: Int, $after: String) { issueLabels(first: $first, after: $after) { nodes { id name color team { key } } ${page} } }`,
      variables: paging,
    }),
    query({
      name: 'get_myself',
      description: 'Get the person that the credential acts as, with the issues assigned to them.',
      document: `query { viewer { id name email assignedIssues(first: 50) { nodes { ${issue} } } } }`,
      variables: {},
    }),
  ],
  health: '/',
};
