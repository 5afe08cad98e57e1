import type { Pack } from '../pack.ts';

/** PagerDuty by its REST API v2. */
export const pagerduty: Pack = {
  name: 'pagerduty',
  title: 'PagerDuty',
  summary: 'Incidents, who is on call, services and schedules.',
  document: {
    from: 'url',
    url: 'https://raw.githubusercontent.com/PagerDuty/api-schema/main/reference/REST/openapiv3.json',
  },
  address: { cloud: 'https://api.pagerduty.com', instance: 'https://api.eu.pagerduty.com' },
  auth: [
    {
      title: 'REST API key',
      kind: 'apiKey',
      header: 'Authorization',
      valuePrefix: 'Token token=',
      createdAt: 'https://support.pagerduty.com/main/docs/api-access-keys',
      scopes: [],
      note: 'The value is `Token token=` and the key.',
    },
    {
      title: 'OAuth client',
      kind: 'clientCredentials',
      createdAt: 'https://developer.pagerduty.com/docs/app-functionality',
      scopes: ['incidents.read', 'incidents.write', 'oncalls.read', 'services.read', 'schedules.read', 'users.read'],
    },
  ],
  operations: [
    {
      call: 'GET /incidents',
      name: 'list_incidents',
      description: 'List incidents by status, urgency, service, team or time.',
    },
    { call: 'GET /incidents/{id}', name: 'get_incident', description: 'Get one incident.' },
    {
      call: 'POST /incidents',
      name: 'create_incident',
      description: 'Open an incident for a service. `From` is the e-mail address of a user.',
    },
    {
      call: 'PUT /incidents/{id}',
      name: 'update_incident',
      description: 'Acknowledge, resolve, escalate or reassign an incident.',
    },
    {
      call: 'GET /incidents/{id}/alerts',
      name: 'list_incident_alerts',
      description: 'List the alerts of an incident.',
    },
    { call: 'GET /incidents/{id}/notes', name: 'list_incident_notes', description: 'List the notes of an incident.' },
    { call: 'POST /incidents/{id}/notes', name: 'add_incident_note', description: 'Write a note on an incident.' },
    {
      call: 'POST /incidents/{id}/snooze',
      name: 'snooze_incident',
      description: 'Let an acknowledged incident rest for some seconds.',
    },
    {
      call: 'GET /incidents/{id}/log_entries',
      name: 'list_incident_log',
      description: 'List what happened in an incident.',
    },
    {
      call: 'GET /incidents/{id}/related_change_events',
      name: 'list_related_changes',
      description: 'List recent changes that may have caused an incident.',
    },
    {
      call: 'GET /incidents/{id}/past_incidents',
      name: 'list_past_incidents',
      description: 'List resolved incidents that were like this one.',
    },
    {
      call: 'GET /oncalls',
      name: 'list_on_calls',
      description: 'List who is on call, by schedule, policy, person and time.',
    },
    { call: 'GET /services', name: 'list_services', description: 'List or search services.' },
    {
      call: 'GET /services/{id}',
      name: 'get_service',
      description: 'Get one service with its integrations and policy.',
    },
    { call: 'GET /schedules', name: 'list_schedules', description: 'List or search schedules.' },
    { call: 'GET /schedules/{id}', name: 'get_schedule', description: 'Get one schedule with who is on it and when.' },
    { call: 'GET /escalation_policies', name: 'list_escalation_policies', description: 'List escalation policies.' },
    { call: 'GET /users', name: 'list_users', description: 'List or search users.' },
    { call: 'GET /teams', name: 'list_teams', description: 'List or search teams.' },
    { call: 'GET /change_events', name: 'list_change_events', description: 'List changes, e.g. deployments, by time.' },
  ],
  webhook: 'pagerduty',
  health: '/abilities',
  permissions: {
    probe: {
      kind: 'calls',
      paths: {
        'reading incidents': '/incidents?limit=1',
        'reading users': '/users?limit=1',
        'reading schedules': '/schedules?limit=1',
        'reading services': '/services?limit=1',
      },
    },
    noun: 'permission for',
    requirements: [
      { path: '/incidents/**', anyOf: ['reading incidents'] },
      { methods: ['GET'], path: '/users/**', anyOf: ['reading users'] },
      { path: '/schedules/**', anyOf: ['reading schedules'] },
      { path: '/services/**', anyOf: ['reading services'] },
    ],
  },
};
