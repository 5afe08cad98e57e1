/** What somebody wants done with a thing, as far as methods and names of operations tell it. */
export type Action = 'list' | 'get' | 'create' | 'update' | 'delete' | 'run';

interface ActionWord {
  readonly action: Action;
  /** Words by which operations call the same; the strongest first. */
  readonly as: readonly string[];
}

const making = ['create', 'add', 'new'];
const changing = ['update', 'edit', 'patch', 'modify', 'replace', 'set', 'change'];
const removing = ['delete', 'remove'];
const showing = ['get', 'read', 'retrieve', 'fetch'];
const listing = ['list', 'get'];

function say(action: Action, as: readonly string[], words: string): readonly (readonly [string, ActionWord])[] {
  return words.split(' ').map((word) => [word, { action, as }]);
}

/** Verbs of people and what operations call them. */
export const actionWords: ReadonlyMap<string, ActionWord> = new Map([
  ...say('create', making, 'open create file raise new make post report register save store define write grant expose'),
  ...say('create', ['add', 'create'], 'add attach put connect append include'),
  ...say('create', ['create', 'publish', 'release'], 'publish'),
  ...say('create', ['create', 'start', 'run'], 'start launch spawn'),
  ...say('create', ['create', 'add', 'log'], 'log record track'),
  ...say('create', ['create', 'submit', 'review'], 'approve submit'),
  ...say('create', ['request', 'create'], 'ask request'),
  ...say('create', ['invite', 'add', 'create'], 'invite'),
  ...say('create', ['subscribe', 'create'], 'subscribe'),
  ...say('create', ['assign', 'add'], 'assign'),
  ...say('create', ['comment', 'create', 'add'], 'comment'),
  ...say('create', ['link', 'create'], 'link'),
  ...say('create', ['upload', 'create'], 'upload'),
  ...say('create', ['issue', 'create', 'generate'], 'generate'),
  ...say('list', listing, 'list'),
  ...say('list', ['search', 'find', 'query', 'list'], 'search find query look browse lookup'),
  ...say('get', [...showing, 'list'], 'get show read view see display fetch retrieve describe inspect check tell'),
  ...say('get', ['download', 'get'], 'download export'),
  ...say('get', ['compare', 'diff'], 'compare diff'),
  ...say(
    'update',
    changing,
    'update edit change modify rename set adjust alter replace patch configure move mark protect',
  ),
  ...say('update', ['close', 'update'], 'close reopen'),
  ...say('update', ['resolve', 'update', 'manage'], 'resolve acknowledge ack'),
  ...say('update', ['merge'], 'merge'),
  ...say('update', ['scale', 'update'], 'scale resize'),
  ...say('update', ['suspend', 'update', 'patch'], 'suspend pause unpause'),
  ...say('update', ['enable', 'update', 'set'], 'enable activate'),
  ...say('update', ['disable', 'update', 'remove'], 'disable deactivate'),
  ...say('delete', removing, 'delete remove drop erase destroy purge revoke kick uninstall'),
  ...say('delete', ['unassign', 'remove', 'delete'], 'unassign detach unlink unsubscribe'),
  ...say('delete', ['delete', 'end', 'stop'], 'end'),
  ...say('run', ['run', 'invoke', 'execute', 'exec', 'invocation', 'create'], 'run execute invoke call'),
  ...say('run', ['trigger', 'dispatch', 'create'], 'trigger fire dispatch kick'),
  ...say('run', ['rerun', 'retry', 'restart'], 'rerun retry redo'),
  ...say('run', ['restart', 'rollout', 'action', 'run'], 'restart reboot'),
  ...say('run', ['cancel', 'terminate', 'stop', 'abort'], 'cancel stop abort terminate kill'),
  ...say('run', ['rollback', 'revert', 'undo'], 'rollback revert undo'),
  ...say('run', ['sync', 'deploy', 'deployment'], 'deploy sync'),
]);

/** What people write for a thing, and what operations call it. A key of two words is written with a space. */
export const nounWords: ReadonlyMap<string, readonly string[]> = new Map([
  ['pr', ['pull request', 'pullrequest']],
  ['prs', ['pull request', 'pullrequest']],
  ['mr', ['merge request', 'pull request']],
  ['mrs', ['merge request', 'pull request']],
  ['ci', ['workflow', 'pipeline', 'action', 'build']],
  ['build', ['workflow', 'run', 'pipeline', 'job']],
  ['pipeline', ['workflow', 'pipeline']],
  ['repo', ['repository']],
  ['repos', ['repository']],
  ['repository', ['repo']],
  ['bug', ['issue']],
  ['ticket', ['issue']],
  ['story', ['issue']],
  ['env', ['environment']],
  ['envs', ['environment']],
  ['var', ['variable']],
  ['vars', ['variable']],
  ['k8s', ['kubernetes']],
  ['ns', ['namespace']],
  ['svc', ['service']],
  ['deploy', ['deployment']],
  ['cm', ['configmap']],
  ['pvc', ['persistent volume claim']],
  ['pv', ['persistent volume']],
  ['hpa', ['horizontal pod autoscaler']],
  ['autoscaler', ['horizontal pod autoscaler']],
  ['sa', ['service account']],
  ['cron job', ['cronjob']],
  ['config map', ['configmap']],
  ['stateful set', ['statefulset']],
  ['daemon set', ['daemonset']],
  ['replica set', ['replicaset']],
  ['app', ['application']],
  ['apps', ['application']],
  ['org', ['organization']],
  ['orgs', ['organization']],
  ['db', ['database']],
  ['auth', ['authentication', 'authorization']],
  ['perm', ['permission']],
  ['perms', ['permission']],
  ['config', ['configuration', 'setting']],
  ['settings', ['configuration']],
  ['log', ['log', 'logs']],
  ['file', ['content', 'file']],
  ['tag', ['label', 'tag']],
  ['label', ['tag', 'label']],
  ['branch', ['reference', 'ref', 'branch']],
  ['webhook', ['hook', 'webhook']],
  ['webhooks', ['hook', 'webhook']],
  ['hook', ['webhook', 'hook']],
  ['reviewer', ['review', 'reviewer']],
  ['colleague', ['user', 'reviewer']],
  ['somebody', ['user', 'assignee']],
  ['person', ['user']],
  ['people', ['user']],
  ['member', ['user']],
  ['me', ['current user', 'myself', 'authenticated user']],
  ['who am', ['current user', 'myself', 'userinfo', 'authenticated user']],
  ['on call', ['oncall']],
  ['history', ['changelog', 'history', 'event', 'audit']],
  ['time', ['worklog', 'time']],
  ['cpu', ['metric']],
  ['credential', ['secret', 'token', 'auth']],
  ['password', ['credential', 'secret']],
]);
