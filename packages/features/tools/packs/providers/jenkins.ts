import type { Pack } from '../pack.ts';
import { integer, object, text } from './schemas.ts';

const job = {
  name: 'Name of the job. A job in folders is called at its folder: `folder/job/name` does not fit here; give the address of the folder.',
};
const build = { ...job, number: 'Number of the build, or `lastBuild`, `lastFailedBuild`, `lastSuccessfulBuild`.' };
const tree = { tree: text('Which members are wanted, e.g. `jobs[name,color]`; keeps answers small.') };

/** Jenkins, whose API is described by its plugins and nowhere as a whole. */
export const jenkins: Pack = {
  name: 'jenkins',
  title: 'Jenkins',
  summary: 'Jobs, builds, logs, the queue and agents.',
  document: { from: 'pack' },
  address: { instance: 'https://jenkins.example.com' },
  auth: [
    {
      title: 'API token of a user',
      kind: 'basic',
      createdAt: 'https://www.jenkins.io/doc/book/system-administration/authenticating-scripted-clients/',
      scopes: ['Job/Read', 'Job/Build'],
      note: 'The password is the token, which needs no crumb.',
    },
  ],
  operations: [
    {
      call: 'GET /api/json',
      name: 'get_overview',
      description: 'Get jobs, views and the state of Jenkins.',
      query: tree,
    },
    {
      call: 'GET /job/{name}/api/json',
      name: 'get_job',
      description: 'Get one job: builds, health, parameters.',
      path: job,
      query: tree,
    },
    {
      call: 'GET /job/{name}/config.xml',
      name: 'get_job_config',
      description: 'Get the configuration of a job as XML.',
      path: job,
    },
    {
      call: 'POST /job/{name}/build',
      name: 'start_build',
      description: 'Start a build of a job without parameters.',
      path: job,
      query: { delay: text('E.g. `0sec`.') },
    },
    {
      call: 'POST /job/{name}/buildWithParameters',
      name: 'start_build_with_parameters',
      description: 'Start a build of a job with parameters.',
      path: job,
      body: {
        type: 'object',
        additionalProperties: { type: 'string' },
        description: 'Parameters of the build, by name.',
      },
      mediaType: 'application/x-www-form-urlencoded',
    },
    {
      call: 'GET /job/{name}/{number}/api/json',
      name: 'get_build',
      description: 'Get one build: result, duration, causes, changes.',
      path: build,
      query: tree,
    },
    {
      call: 'GET /job/{name}/{number}/consoleText',
      name: 'get_build_log',
      description: 'Get the whole log of a build as text.',
      path: build,
    },
    {
      call: 'GET /job/{name}/{number}/logText/progressiveText',
      name: 'read_build_log',
      description: 'Get the log of a build from a byte on.',
      path: build,
      query: { start: integer('First byte.') },
    },
    {
      call: 'GET /job/{name}/{number}/testReport/api/json',
      name: 'get_test_report',
      description: 'Get the results of the tests of a build.',
      path: build,
      query: tree,
    },
    {
      call: 'GET /job/{name}/{number}/wfapi/describe',
      name: 'get_pipeline_stages',
      description: 'Get the stages of a run of a pipeline with their times.',
      path: build,
    },
    {
      call: 'GET /job/{name}/{number}/artifact/{path}',
      name: 'get_artifact',
      description: 'Get an archived file of a build.',
      path: { ...build, path: 'Relative path of the file.' },
    },
    { call: 'POST /job/{name}/{number}/stop', name: 'stop_build', description: 'Stop a build that runs.', path: build },
    {
      call: 'GET /queue/api/json',
      name: 'list_queue',
      description: 'List what waits to be built, and why it waits.',
      query: tree,
    },
    {
      call: 'GET /queue/item/{id}/api/json',
      name: 'get_queue_item',
      description: 'Get one item of the queue; `executable` names its build once it has begun.',
      path: { id: 'Number of the item.' },
    },
    {
      call: 'POST /queue/cancelItem',
      name: 'cancel_queue_item',
      description: 'Take an item off the queue.',
      query: { id: integer('Number of the item.') },
      required: ['id'],
    },
    { call: 'POST /job/{name}/enable', name: 'enable_job', description: 'Let a job be built again.', path: job },
    { call: 'POST /job/{name}/disable', name: 'disable_job', description: 'Keep a job from being built.', path: job },
    {
      call: 'GET /computer/api/json',
      name: 'list_agents',
      description: 'List the agents of Jenkins with their state.',
      query: tree,
    },
    {
      call: 'GET /view/{name}/api/json',
      name: 'get_view',
      description: 'Get the jobs of a view.',
      path: { name: 'Name of the view.' },
      query: tree,
    },
    {
      call: 'POST /job/{name}/config.xml',
      name: 'update_job_config',
      description: 'Replace the configuration of a job.',
      path: job,
      body: text('The configuration as XML.'),
      mediaType: 'application/xml',
    },
    {
      call: 'GET /whoAmI/api/json',
      name: 'get_myself',
      description: 'Get the user that the credential acts as, with its authorities.',
    },
    {
      call: 'POST /pipeline-model-converter/validate',
      name: 'validate_pipeline',
      description: 'Check a declarative Jenkinsfile.',
      body: object({ jenkinsfile: text('The text of the Jenkinsfile.') }, ['jenkinsfile']),
      mediaType: 'application/x-www-form-urlencoded',
    },
  ],
  health: '/api/json?tree=mode',
  permissions: {
    probe: {
      kind: 'calls',
      paths: {
        'reading jobs': '/api/json?tree=mode',
        'reading the queue': '/queue/api/json?tree=items[id]',
        'reading agents': '/computer/api/json?tree=busyExecutors',
      },
    },
    noun: 'permission for',
    requirements: [
      { path: '/job/**', anyOf: ['reading jobs'] },
      { path: '/queue/**', anyOf: ['reading the queue'] },
      { path: '/computer/**', anyOf: ['reading agents'] },
    ],
  },
};
