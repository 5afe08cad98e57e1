import type { Pack } from '../pack.ts';

/** Kubernetes; every cluster has its own document, custom resources included. */
export const kubernetes: Pack = {
  name: 'kubernetes',
  title: 'Kubernetes',
  summary: 'Pods, deployments, services, events and logs of a cluster.',
  document: { from: 'instance', path: '/openapi/v2' },
  address: { instance: 'https://cluster.example.com:6443' },
  auth: [
    {
      title: 'Token of a service account',
      kind: 'bearer',
      createdAt: 'https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/',
      scopes: ['view', 'edit'],
      note: 'The cluster roles `view` or `edit`, bound where it should work.',
    },
  ],
  operations: [
    { call: 'GET /api/v1/namespaces', name: 'list_namespaces', description: 'List namespaces.' },
    { call: 'GET /api/v1/nodes', name: 'list_nodes', description: 'List nodes with capacity and conditions.' },
    {
      call: 'GET /api/v1/pods',
      name: 'list_all_pods',
      description: 'List the pods of all namespaces; selectors and `limit` keep the answer small.',
      defaults: { limit: 50 },
    },
    {
      call: 'GET /api/v1/namespaces/{namespace}/pods',
      name: 'list_pods',
      description: 'List the pods of a namespace.',
      defaults: { limit: 50 },
    },
    {
      call: 'GET /api/v1/namespaces/{namespace}/pods/{name}',
      name: 'get_pod',
      description: 'Get one pod: containers, conditions, restarts.',
    },
    {
      call: 'DELETE /api/v1/namespaces/{namespace}/pods/{name}',
      name: 'delete_pod',
      description: 'Delete a pod; what controls it starts another.',
    },
    {
      call: 'GET /api/v1/namespaces/{namespace}/pods/{name}/log',
      name: 'get_pod_log',
      description: 'Get the log of a container of a pod; `previous` for the one before its restart.',
      fixed: { follow: false },
      defaults: { tailLines: 200 },
    },
    {
      call: 'GET /api/v1/namespaces/{namespace}/events',
      name: 'list_events',
      description: 'List the events of a namespace, e.g. why a pod does not start.',
      defaults: { limit: 50 },
    },
    {
      call: 'GET /api/v1/namespaces/{namespace}/services',
      name: 'list_services',
      description: 'List the services of a namespace.',
    },
    {
      call: 'GET /api/v1/namespaces/{namespace}/configmaps',
      name: 'list_config_maps',
      description: 'List the config maps of a namespace.',
    },
    {
      call: 'GET /api/v1/namespaces/{namespace}/configmaps/{name}',
      name: 'get_config_map',
      description: 'Get one config map.',
    },
    {
      call: 'GET /apis/apps/v1/namespaces/{namespace}/deployments',
      name: 'list_deployments',
      description: 'List the deployments of a namespace.',
    },
    {
      call: 'GET /apis/apps/v1/namespaces/{namespace}/deployments/{name}',
      name: 'get_deployment',
      description: 'Get one deployment with the state of its rollout.',
    },
    {
      call: 'PATCH /apis/apps/v1/namespaces/{namespace}/deployments/{name}',
      name: 'patch_deployment',
      description: 'Change a deployment, e.g. its image.',
    },
    {
      call: 'PATCH /apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale',
      name: 'scale_deployment',
      description: 'Set how many replicas a deployment has.',
    },
    {
      call: 'GET /apis/apps/v1/namespaces/{namespace}/replicasets',
      name: 'list_replica_sets',
      description: 'List replica sets: the revisions of deployments.',
    },
    {
      call: 'GET /apis/apps/v1/namespaces/{namespace}/statefulsets',
      name: 'list_stateful_sets',
      description: 'List the stateful sets of a namespace.',
    },
    {
      call: 'GET /apis/apps/v1/namespaces/{namespace}/daemonsets',
      name: 'list_daemon_sets',
      description: 'List the daemon sets of a namespace.',
    },
    {
      call: 'GET /apis/batch/v1/namespaces/{namespace}/jobs',
      name: 'list_jobs',
      description: 'List the jobs of a namespace.',
    },
    {
      call: 'GET /apis/batch/v1/namespaces/{namespace}/cronjobs',
      name: 'list_cron_jobs',
      description: 'List the cron jobs of a namespace.',
    },
    {
      call: 'GET /apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses',
      name: 'list_ingresses',
      description: 'List the ingresses of a namespace.',
    },
  ],
  health: '/readyz',
  permissions: { probe: { kind: 'kubernetes' }, noun: 'permission', requirements: [] },
};
