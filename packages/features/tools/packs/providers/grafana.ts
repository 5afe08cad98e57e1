import type { Pack } from '../pack.ts';

/** Grafana; every instance has its own document. */
export const grafana: Pack = {
  name: 'grafana',
  title: 'Grafana',
  summary: 'Dashboards, data sources, alert rules and annotations.',
  document: { from: 'url', url: 'https://raw.githubusercontent.com/grafana/grafana/main/public/openapi3.json' },
  address: { instance: 'https://grafana.example.com/api', append: '/api' },
  auth: [
    {
      title: 'Token of a service account',
      kind: 'bearer',
      createdAt: 'https://grafana.com/docs/grafana/latest/administration/service-accounts/',
      scopes: ['dashboards:read', 'datasources:query', 'annotations:write', 'alert.rules:read'],
    },
    {
      title: 'User name and password',
      kind: 'basic',
      createdAt: 'https://grafana.com/docs/grafana/latest/administration/user-management/',
      scopes: [],
    },
  ],
  prefixes: ['/api'],
  operations: [
    { call: 'GET /search', name: 'search_dashboards', description: 'Search dashboards and folders by title or tag.' },
    { call: 'GET /dashboards/uid/{uid}', name: 'get_dashboard', description: 'Get one dashboard with its panels.' },
    { call: 'POST /dashboards/db', name: 'save_dashboard', description: 'Create a dashboard, or replace one.' },
    { call: 'GET /folders', name: 'list_folders', description: 'List folders.' },
    { call: 'GET /datasources', name: 'list_data_sources', description: 'List data sources.' },
    { call: 'GET /datasources/uid/{uid}', name: 'get_data_source', description: 'Get one data source.' },
    {
      call: 'GET /datasources/uid/{uid}/health',
      name: 'check_data_source',
      description: 'Ask whether a data source answers.',
    },
    { call: 'POST /ds/query', name: 'query_data', description: 'Query data sources as panels do.' },
    { call: 'GET /v1/provisioning/alert-rules', name: 'list_alert_rules', description: 'List alert rules.' },
    { call: 'GET /v1/provisioning/alert-rules/{UID}', name: 'get_alert_rule', description: 'Get one alert rule.' },
    {
      call: 'GET /v1/provisioning/contact-points',
      name: 'list_contact_points',
      description: 'List where alerts are sent.',
    },
    { call: 'GET /annotations', name: 'list_annotations', description: 'List annotations by time, dashboard or tag.' },
    {
      call: 'POST /annotations',
      name: 'create_annotation',
      description: 'Mark an instant or a span on dashboards, e.g. a deployment.',
    },
    { call: 'GET /teams/search', name: 'search_teams', description: 'Search teams.' },
  ],
  health: '/health',
  permissions: {
    probe: { kind: 'members', path: '/access-control/user/permissions', at: '' },
    noun: 'permission',
    requirements: [
      { methods: ['GET'], path: '/dashboards/**', anyOf: ['dashboards:read'] },
      { methods: ['POST'], path: '/dashboards/db', anyOf: ['dashboards:write', 'dashboards:create'] },
      { methods: ['GET'], path: '/folders/**', anyOf: ['folders:read'] },
      { methods: ['GET'], path: '/datasources/**', anyOf: ['datasources:read'] },
      { methods: ['POST'], path: '/ds/query', anyOf: ['datasources:query'] },
      {
        methods: ['GET'],
        path: '/v1/provisioning/**',
        anyOf: ['alert.provisioning:read', 'alert.rules:read', 'alert.notifications:read'],
      },
      { methods: ['GET'], path: '/annotations/**', anyOf: ['annotations:read'] },
      { methods: ['POST'], path: '/annotations/**', anyOf: ['annotations:create', 'annotations:write'] },
      { methods: ['GET'], path: '/teams/**', anyOf: ['teams:read'] },
    ],
  },
};
