import type { Pack } from '../pack.ts';

/** Opsgenie by its alert API. */
export const opsgenie: Pack = {
  name: 'opsgenie',
  title: 'Opsgenie',
  summary: 'Alerts, who is on call, schedules and incidents.',
  document: { from: 'url', url: 'https://raw.githubusercontent.com/opsgenie/opsgenie-oas/master/opsgenie-oas.yml' },
  address: { cloud: 'https://api.opsgenie.com', instance: 'https://api.eu.opsgenie.com' },
  auth: [
    {
      title: 'API key of an integration',
      kind: 'apiKey',
      header: 'Authorization',
      valuePrefix: 'GenieKey ',
      createdAt: 'https://support.atlassian.com/opsgenie/docs/create-a-default-api-integration/',
      scopes: ['Read', 'Create and update'],
      note: 'The value is the word `GenieKey`, a space, and the key.',
    },
  ],
  operations: [
    {
      call: 'GET /v2/alerts',
      name: 'list_alerts',
      description: 'List alerts by a query, e.g. `status: open AND priority: P1`.',
    },
    { call: 'GET /v2/alerts/{identifier}', name: 'get_alert', description: 'Get one alert.' },
    { call: 'POST /v2/alerts', name: 'create_alert', description: 'Raise an alert.' },
    {
      call: 'POST /v2/alerts/{identifier}/acknowledge',
      name: 'acknowledge_alert',
      description: 'Acknowledge an alert.',
    },
    { call: 'POST /v2/alerts/{identifier}/close', name: 'close_alert', description: 'Close an alert.' },
    { call: 'POST /v2/alerts/{identifier}/notes', name: 'add_alert_note', description: 'Write a note on an alert.' },
    { call: 'POST /v2/alerts/{identifier}/assign', name: 'assign_alert', description: 'Give an alert to a person.' },
    {
      call: 'POST /v2/alerts/{identifier}/snooze',
      name: 'snooze_alert',
      description: 'Let an alert rest until an instant.',
    },
    {
      call: 'GET /v2/alerts/{identifier}/logs',
      name: 'list_alert_log',
      description: 'List what happened to an alert.',
    },
    {
      call: 'GET /v2/alerts/requests/{requestId}',
      name: 'get_request_status',
      description: 'Get what became of a request that was taken for later.',
    },
    { call: 'GET /v2/schedules', name: 'list_schedules', description: 'List schedules.' },
    {
      call: 'GET /v2/schedules/{identifier}/on-calls',
      name: 'list_on_calls',
      description: 'List who is on call in a schedule.',
    },
    {
      call: 'GET /v2/schedules/{identifier}/timeline',
      name: 'get_schedule_timeline',
      description: 'Get who is on call when.',
    },
  ],
  health: '/v2/alerts/count',
  permissions: {
    probe: { kind: 'calls', paths: { 'reading alerts': '/v2/alerts/count', 'reading schedules': '/v2/schedules' } },
    noun: 'permission for',
    requirements: [
      { methods: ['GET'], path: '/v2/alerts/**', anyOf: ['reading alerts'] },
      { methods: ['GET'], path: '/v2/schedules/**', anyOf: ['reading schedules'] },
    ],
  },
};
