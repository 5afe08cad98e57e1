import { describe, expect, it } from 'vitest';
import { checkSettings, kinds, type KindName } from './index.ts';
import type { KindSettings } from './kind.ts';
import { against, now, sent, variants } from './sent.fixture.ts';

function read(kind: KindName, body: unknown, headers: Record<string, string> = {}, settings: KindSettings = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const all = new Headers({ 'content-type': 'application/json', ...headers });
  return kinds[kind].read({ headers: all, rawBody: Buffer.from(text) }, settings);
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('Slack', () => {
  it('is answered its challenge, and nothing is to be stored', () => {
    const body = {
      type: 'url_verification',
      token: 't',
      challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P',
    };
    expect(read('slack', body).handshake).toEqual({ challenge: body.challenge });
    expect(read('slack', 'ssl_check=1&token=t', form).handshake).toEqual({});
  });

  it('names commands and interactions, with what was called as the action', () => {
    expect(read('slack', 'command=%2Fdeploy&text=checkout+%26+go', form)).toMatchObject({
      event: 'slash_command',
      action: '/deploy',
      payload: { command: '/deploy', text: 'checkout & go' },
    });
    const pressed = { type: 'block_actions', actions: [{ action_id: 'approve' }] };
    expect(read('slack', `payload=${encodeURIComponent(JSON.stringify(pressed))}`, form)).toMatchObject({
      event: 'block_actions',
      action: 'approve',
      payload: pressed,
    });
    const submitted = { type: 'view_submission', view: { callback_id: 'release' } };
    expect(read('slack', `payload=${encodeURIComponent(JSON.stringify(submitted))}`, form)).toMatchObject({
      event: 'view_submission',
      action: 'release',
    });
  });

  it('keeps the id of an event over its retries, which are signed anew', () => {
    const variant = variants.find(({ sender }) => sender === 'slack')!;
    const first = sent(variant, { deliveryId: 'Ev08MFMKH6' });
    const retry = sent(variant, {
      deliveryId: 'Ev08MFMKH6',
      at: now + 60_000,
      payload: JSON.parse(String(first.rawBody)),
    });
    expect(retry.headers.get('x-slack-signature')).not.toBe(first.headers.get('x-slack-signature'));
    expect([first, retry].map((arrival) => kinds.slack.read(arrival, {}).deliveryId)).toEqual(
      Array(2).fill('Ev08MFMKH6'),
    );
  });
});

describe('delivery ids', () => {
  it.each<[KindName, string, Record<string, string>, unknown]>([
    ['github', 'g-1', { 'x-github-event': 'push', 'x-github-delivery': 'g-1' }, {}],
    ['gitlab', 'k-1', { 'x-gitlab-event': 'Push Hook', 'idempotency-key': 'k-1', 'x-gitlab-event-uuid': 'u' }, {}],
    ['gitlab', 'w-1', { 'x-gitlab-event': 'Push Hook', 'idempotency-key': 'k-1', 'webhook-id': 'w-1' }, {}],
    ['bitbucket', 'r-1', { 'x-event-key': 'repo:push', 'x-request-uuid': 'r-1' }, {}],
    ['bitbucket', 'i-1', { 'x-event-key': 'pr:opened', 'x-request-id': 'i-1' }, {}],
    ['jira', 'a-1', { 'x-atlassian-webhook-identifier': 'a-1' }, { webhookEvent: 'jira:issue_created' }],
    ['stripe', 'evt_1', {}, { id: 'evt_1', type: 'charge.failed' }],
    ['pagerduty', '01BW', {}, { event: { id: '01BW', event_type: 'incident.triggered' } }],
    ['sentry', 's-1', { 'sentry-hook-resource': 'issue', 'request-id': 's-1' }, {}],
    ['datadog', '42', {}, { id: 42, event_type: 'metric_alert_monitor' }],
    ['azure-devops', 'z-1', {}, { id: 'z-1', eventType: 'git.push' }],
    ['harness', 'cd-1', {}, { context: { id: 'cd-1', type: 'dev.cdevents.build.started' } }],
    ['standard-webhooks', 'msg_1', { 'webhook-id': 'msg_1' }, {}],
  ])("of %s are the sender's own: %s", (kind, deliveryId, headers, body) => {
    expect(read(kind, body, headers).deliveryId).toBe(deliveryId);
  });

  it('of an old GitLab tell events apart that share a UUID, and find a retry', () => {
    const headers = { 'x-gitlab-event': 'Push Hook', 'x-gitlab-event-uuid': 'one-for-both' };
    const idOf = (body: unknown) => read('gitlab', body, headers).deliveryId;
    expect(idOf({ a: 1 })).toBe(idOf({ a: 1 }));
    expect(idOf({ a: 1 })).not.toBe(idOf({ a: 2 }));
  });

  it.each<KindName>(['github', 'standard-webhooks'])('of %s must be there', (kind) => {
    expect(() => read(kind, {}, { 'x-github-event': 'push' })).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });
});

describe('bodies', () => {
  it.each<[string, KindName, string, Record<string, string>, string]>([
    ['an array where objects are sent', 'jira', '[]', {}, 'malformed_message'],
    ['broken JSON', 'stripe', '{"a":', {}, 'malformed_message'],
    ['nothing', 'sonarqube', '', {}, 'malformed_message'],
    ['another media type', 'sentry', '{}', { 'content-type': 'text/plain' }, 'unsupported_media_type'],
    ['a form where none is sent', 'gitea', 'payload=%7B%7D', form, 'unsupported_media_type'],
    ['too deep a JSON', 'pagerduty', '['.repeat(100) + ']'.repeat(100), {}, 'invalid_request'],
    ['too deep a JSON in a form', 'slack', `payload=${'['.repeat(100)}${']'.repeat(100)}`, form, 'invalid_request'],
    ['too many fields', 'slack', 'a=1&'.repeat(1001), form, 'invalid_request'],
    ['an event without a name', 'stripe', '{"id":"evt_1"}', {}, 'invalid_request'],
    ['an over-long name', 'jira', JSON.stringify({ webhookEvent: 'x'.repeat(101) }), {}, 'invalid_request'],
    ['a name that cannot be stored', 'jira', JSON.stringify({ webhookEvent: 'a\u0000b' }), {}, 'invalid_request'],
  ])('that are %s are refused', (_what, kind, body, headers, code) => {
    expect(() => read(kind, body, headers)).toThrow(expect.objectContaining({ code }));
  });

  it('that are forms are UTF-8', () => {
    const arrival = { headers: new Headers(form), rawBody: Uint8Array.from([0x61, 0x3d, 0xff]) };
    for (const kind of ['slack', 'github', 'generic-token'] as const) {
      expect(() => kinds[kind].read(arrival, {})).toThrow(expect.objectContaining({ code: 'malformed_message' }));
    }
  });

  it('do not reach into prototypes', () => {
    for (const path of ['constructor.name', 'list.__proto__.length']) {
      expect(() => read('generic-token', { list: ['a'] }, {}, { event: { path } })).toThrow(
        expect.objectContaining({ code: 'invalid_request' }),
      );
    }
  });
});

describe('a generic sender', () => {
  it('is read at the places of the settings', () => {
    const settings: KindSettings = { event: { path: 'meta.type' }, deliveryId: { header: 'x-acme-id' } };
    const body = { meta: { type: 'build.failed' } };
    expect(read('generic-hmac', body, { 'x-acme-id': 'a-7' }, settings)).toEqual({
      event: 'build.failed',
      deliveryId: 'a-7',
      payload: body,
    });
    expect(() => read('generic-hmac', body, {}, settings)).toThrow(/X-Acme-Id|x-acme-id/u);
  });

  it('may send arrays and forms', () => {
    expect(read('generic-token', [{ a: 1 }]).payload).toEqual({ items: [{ a: 1 }] });
    expect(read('generic-token', 'a=1&b=%C3%BC', form).payload).toEqual({ a: '1', b: 'ü' });
  });

  it('is known again by its body and its signed time', () => {
    const settings = { timestampHeader: 'x-time' };
    const idOf = (time: string, body: unknown) => read('generic-hmac', body, { 'x-time': time }, settings).deliveryId;
    expect(idOf('1', {})).toBe(idOf('1', {}));
    expect(new Set([idOf('1', {}), idOf('2', {}), idOf('1', { a: 1 })]).size).toBe(3);
  });

  it('signs the template of the settings', () => {
    const variant = variants.find(({ kind, settings }) => kind === 'generic-hmac' && settings !== undefined)!;
    const settings = { ...variant.settings, template: 'v0:{timestamp}:{body}' };
    expect(() => {
      kinds['generic-hmac'].verify(sent(variant), { ...against(variant), settings });
    }).toThrow(expect.objectContaining({ code: 'bad_signature' }));
  });

  it.each(['{body}{body}', '{timestamp}', 'nothing'])(
    'is refused under a template that is not sound: %s',
    (template) => {
      const variant = variants.find(({ sender, settings }) => sender === 'generic-hmac' && settings === undefined)!;
      expect(() => {
        kinds['generic-hmac'].verify(sent(variant), { ...against(variant), settings: { template } });
      }).toThrow(expect.objectContaining({ code: 'bad_signature' }));
    },
  );

  it.each<[KindName, KindSettings, RegExp]>([
    ['generic-hmac', { header: 'not a header' }, /header is not/u],
    ['generic-hmac', { timestampHeader: 'a b', template: '{timestamp}{body}' }, /timestampHeader/u],
    ['generic-hmac', { template: 'nothing' }, /\{body\} once/u],
    ['generic-hmac', { template: '{body}{body}' }, /\{body\} once/u],
    ['generic-hmac', { template: '{timestamp}{body}' }, /timestampHeader/u],
    ['generic-hmac', { template: '{body}', timestampHeader: 'x-time' }, /timestampHeader/u],
    ['generic-hmac', { event: { path: 'a..b' } }, /event names neither/u],
    ['generic-hmac', { deliveryId: { header: 'a:b' } }, /deliveryId names neither/u],
    ['generic-token', { algorithm: 'sha512' }, /signs nothing/u],
    ['generic-token', { header: 'a b' }, /not the name/u],
  ])('of the kind %s cannot be set up with %j', (kind, settings, problem) => {
    expect(() => {
      checkSettings(kind, settings);
    }).toThrow(problem);
    const variant = variants.find((each) => each.kind === kind)!;
    expect(() => {
      kinds[kind].verify(sent(variant, { secret: 'another' }), { ...against(variant), settings });
    }).toThrow(expect.objectContaining({ code: 'bad_signature' }));
  });

  it('can be set up with sound settings', () => {
    const template = 'v0:{timestamp}:{body}';
    for (const settings of [{}, { template, timestampHeader: 'x-time' }, { event: { path: 'a.b' } }]) {
      expect(() => {
        checkSettings('generic-hmac', settings);
      }).not.toThrow();
    }
  });
});
