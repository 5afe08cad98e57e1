import type { Pack } from '../pack.ts';
import { integer, object, text } from './schemas.ts';

const page = { 'page[number]': integer('From 1.'), 'page[size]': integer('At most 100.') };
const organization = { organization: 'Name of the organization.' };
const workspace = { workspace: 'Id of the workspace, `ws-...`.' };
const run = { run: 'Id of the run, `run-...`.' };
const comment = object({ comment: text('Why.') });
const jsonApi = 'application/vnd.api+json';

/** HCP Terraform and Terraform Enterprise, which publish no document; the address ends in /api/v2. */
export const terraformCloud: Pack = {
  name: 'terraform-cloud',
  title: 'HCP Terraform (Terraform Cloud)',
  summary: 'Workspaces, runs, plans, state and variables.',
  document: { from: 'pack' },
  address: {
    cloud: 'https://app.terraform.io/api/v2',
    instance: 'https://terraform.example.com/api/v2',
    append: '/api/v2',
  },
  auth: [
    {
      title: 'User, team or organization token',
      kind: 'bearer',
      createdAt: 'https://app.terraform.io/app/settings/tokens',
      scopes: [],
      note: 'Applying runs needs a user or team token.',
    },
  ],
  operations: [
    { call: 'GET /organizations', name: 'list_organizations', description: 'List organizations.', query: page },
    {
      call: 'GET /organizations/{organization}/workspaces',
      name: 'list_workspaces',
      description: 'List or search the workspaces of an organization.',
      path: organization,
      query: {
        ...page,
        'search[name]': text('Part of a name.'),
        'search[tags]': text('Tags with commas between them.'),
      },
    },
    {
      call: 'GET /organizations/{organization}/workspaces/{name}',
      name: 'get_workspace_by_name',
      description: 'Get one workspace by its name.',
      path: { ...organization, name: 'Name of the workspace.' },
    },
    {
      call: 'GET /workspaces/{workspace}',
      name: 'get_workspace',
      description: 'Get one workspace by its id.',
      path: workspace,
    },
    {
      call: 'GET /organizations/{organization}/projects',
      name: 'list_projects',
      description: 'List the projects of an organization.',
      path: organization,
      query: page,
    },
    {
      call: 'GET /workspaces/{workspace}/runs',
      name: 'list_runs',
      description: 'List the runs of a workspace, newest first.',
      path: workspace,
      query: { ...page, 'filter[status]': text('E.g. planned, applied, errored; with commas between them.') },
    },
    {
      call: 'GET /runs/{run}',
      name: 'get_run',
      description: 'Get one run: status, plan, who started it.',
      path: run,
      query: { include: text('E.g. `plan,apply`.') },
    },
    {
      call: 'POST /runs',
      name: 'create_run',
      description: 'Start a run in a workspace; `is-destroy` plans to destroy all.',
      body: object(
        {
          data: object(
            {
              type: { type: 'string', const: 'runs' },
              attributes: object({
                message: text('Why.'),
                'is-destroy': { type: 'boolean' },
                'plan-only': { type: 'boolean' },
                'auto-apply': { type: 'boolean' },
                'target-addrs': { type: 'array', items: { type: 'string' } },
              }),
              relationships: object(
                {
                  workspace: object(
                    {
                      data: object({ type: { type: 'string', const: 'workspaces' }, id: text('`ws-...`') }, [
                        'type',
                        'id',
                      ]),
                    },
                    ['data'],
                  ),
                },
                ['workspace'],
              ),
            },
            ['type', 'relationships'],
          ),
        },
        ['data'],
      ),
      mediaType: jsonApi,
    },
    {
      call: 'POST /runs/{run}/actions/apply',
      name: 'apply_run',
      description: 'Apply a run that waits for confirmation: changes infrastructure.',
      path: run,
      body: comment,
    },
    {
      call: 'POST /runs/{run}/actions/discard',
      name: 'discard_run',
      description: 'Discard a run that waits for confirmation.',
      path: run,
      body: comment,
    },
    {
      call: 'POST /runs/{run}/actions/cancel',
      name: 'cancel_run',
      description: 'Cancel a run that plans or applies.',
      path: run,
      body: comment,
    },
    {
      call: 'GET /plans/{plan}',
      name: 'get_plan',
      description: 'Get one plan: its status, counts of changes, and where its log is.',
      path: { plan: 'Id of the plan, `plan-...`.' },
    },
    {
      call: 'GET /plans/{plan}/json-output-redacted',
      name: 'get_plan_changes',
      description: 'Get what a plan would change, without sensitive values.',
      path: { plan: 'Id of the plan, `plan-...`.' },
    },
    {
      call: 'GET /applies/{apply}',
      name: 'get_apply',
      description: 'Get one apply: its status and where its log is.',
      path: { apply: 'Id of the apply, `apply-...`.' },
    },
    {
      call: 'GET /workspaces/{workspace}/vars',
      name: 'list_variables',
      description: 'List the variables of a workspace; sensitive values are not shown.',
      path: workspace,
    },
    {
      call: 'POST /workspaces/{workspace}/vars',
      name: 'create_variable',
      description: 'Create a variable of a workspace.',
      path: workspace,
      body: object(
        {
          data: object(
            {
              type: { type: 'string', const: 'vars' },
              attributes: object(
                {
                  key: text('Name.'),
                  value: text('Value.'),
                  category: { type: 'string', enum: ['terraform', 'env'] },
                  hcl: { type: 'boolean' },
                  sensitive: { type: 'boolean' },
                  description: text('What it is for.'),
                },
                ['key', 'category'],
              ),
            },
            ['type', 'attributes'],
          ),
        },
        ['data'],
      ),
      mediaType: jsonApi,
    },
    {
      call: 'GET /workspaces/{workspace}/current-state-version',
      name: 'get_current_state',
      description: 'Get the current state version of a workspace with its outputs and resources.',
      path: workspace,
      query: { include: text('E.g. `outputs`.') },
    },
    {
      call: 'GET /workspaces/{workspace}/current-state-version-outputs',
      name: 'list_outputs',
      description: 'List the outputs of the current state of a workspace.',
      path: workspace,
    },
    {
      call: 'GET /workspaces/{workspace}/current-assessment-result',
      name: 'get_drift',
      description: 'Get whether the infrastructure of a workspace has drifted.',
      path: workspace,
    },
    {
      call: 'POST /workspaces/{workspace}/actions/lock',
      name: 'lock_workspace',
      description: 'Keep runs of a workspace from starting.',
      path: workspace,
      body: object({ reason: text('Why.') }),
    },
    {
      call: 'POST /workspaces/{workspace}/actions/unlock',
      name: 'unlock_workspace',
      description: 'Let runs of a workspace start again.',
      path: workspace,
    },
  ],
  health: '/ping',
  permissions: {
    probe: { kind: 'calls', paths: { 'listing organizations': '/organizations?page[size]=1' } },
    noun: 'permission for',
    requirements: [{ methods: ['GET'], path: '/organizations', anyOf: ['listing organizations'] }],
  },
};
