import type { Pack } from '../pack.ts';

/** Datadog by its API v2, on any of its sites. */
export const datadog: Pack = {
  name: 'datadog',
  title: 'Datadog',
  summary: 'Logs, events, incidents, metrics and errors.',
  document: {
    from: 'url',
    url: 'https://raw.githubusercontent.com/DataDog/datadog-api-client-typescript/master/.generator/schemas/v2/openapi.yaml',
  },
  address: { cloud: 'https://api.datadoghq.com', instance: 'https://api.datadoghq.eu' },
  auth: [
    {
      title: 'API key',
      kind: 'apiKey',
      header: 'DD-API-KEY',
      createdAt: 'https://app.datadoghq.com/organization-settings/api-keys',
      scopes: [],
      note: 'Reading wants an application key beside it, as a second credential in the header DD-APPLICATION-KEY.',
    },
    {
      title: 'Application key',
      kind: 'apiKey',
      header: 'DD-APPLICATION-KEY',
      createdAt: 'https://app.datadoghq.com/organization-settings/application-keys',
      scopes: ['logs_read_data', 'events_read', 'incident_read', 'incident_write', 'metrics_read'],
    },
  ],
  operations: [
    {
      call: 'POST /api/v2/logs/events/search',
      name: 'search_logs',
      description: 'Search logs, e.g. `service:web status:error`, in a span of time.',
    },
    {
      call: 'POST /api/v2/logs/analytics/aggregate',
      name: 'aggregate_logs',
      description: 'Count or measure logs by groups and time.',
    },
    { call: 'POST /api/v2/events/search', name: 'search_events', description: 'Search events.' },
    {
      call: 'POST /api/v2/query/timeseries',
      name: 'query_timeseries',
      description: 'Query metrics and other data as they change with time.',
    },
    {
      call: 'POST /api/v2/query/scalar',
      name: 'query_scalar',
      description: 'Query single values of metrics and other data.',
    },
    { call: 'GET /api/v2/metrics', name: 'list_metrics', description: 'List metrics by name, tag and use.' },
    {
      call: 'GET /api/v2/metrics/{metric_name}/all-tags',
      name: 'list_metric_tags',
      description: 'List the tags of a metric.',
    },
    { call: 'POST /api/v2/spans/events/search', name: 'search_spans', description: 'Search spans of traces.' },
    { call: 'GET /api/v2/incidents', name: 'list_incidents', description: 'List incidents.' },
    {
      call: 'GET /api/v2/incidents/search',
      name: 'search_incidents',
      description: 'Search incidents by state, severity, service or team.',
    },
    { call: 'GET /api/v2/incidents/{incident_id}', name: 'get_incident', description: 'Get one incident.' },
    { call: 'POST /api/v2/incidents', name: 'create_incident', description: 'Open an incident.' },
    {
      call: 'PATCH /api/v2/incidents/{incident_id}',
      name: 'update_incident',
      description: 'Change an incident, e.g. its state or severity.',
    },
    {
      call: 'POST /api/v2/error-tracking/issues/search',
      name: 'search_error_issues',
      description: 'Search the issues that errors were grouped into.',
    },
    {
      call: 'GET /api/v2/error-tracking/issues/{issue_id}',
      name: 'get_error_issue',
      description: 'Get one issue of error tracking.',
    },
    {
      call: 'GET /api/v2/catalog/entity',
      name: 'list_services',
      description: 'List the entities of the software catalog: services, their owners and links.',
    },
    { call: 'GET /api/v2/downtime', name: 'list_downtimes', description: 'List downtimes.' },
    { call: 'POST /api/v2/downtime', name: 'create_downtime', description: 'Silence monitors for a time.' },
    {
      call: 'POST /api/v2/ci/pipelines/events/search',
      name: 'search_pipelines',
      description: 'Search runs of CI pipelines.',
    },
  ],
  webhook: 'datadog',
  health: '/api/v1/validate',
};
