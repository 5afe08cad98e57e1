import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Secret } from '@devmesh/foundation';
import { Webhook as StandardLibrary } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { kinds, type KindName } from './index.ts';

interface Vector {
  readonly kind: KindName;
  readonly secret: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly seconds?: number;
}

function verify({ kind, secret, body, headers, seconds = 0 }: Vector): void {
  kinds[kind].verify(
    { headers: new Headers(headers), rawBody: Buffer.from(body) },
    { secrets: [new Secret(secret)], now: seconds * 1000, toleranceSeconds: 300, settings: {} },
  );
}

const github: Vector = {
  kind: 'github',
  secret: "It's a Secret to Everybody",
  body: 'Hello, World!',
  headers: { 'X-Hub-Signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
};
const slack: Vector = {
  kind: 'slack',
  secret: '8f742231b10e8888abcd99yyyzzz85a5',
  body: 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  headers: {
    'X-Slack-Signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    'X-Slack-Request-Timestamp': '1531420618',
  },
  seconds: 1_531_420_618,
};
const standard: Vector = {
  kind: 'standard-webhooks',
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  body: '{"test": 2432232314}',
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  seconds: 1_614_265_330,
};
const stripe: Vector = {
  kind: 'stripe',
  secret: 'whsec_test_secret',
  body: '{\n  "id": "evt_test_webhook",\n  "object": "event"\n}',
  headers: {
    'Stripe-Signature': 't=1492774577,v1=c2f890decbc5ede7c5060bb9a6d31e0626a4342bacb9aeae2adb1bcea72f9812',
  },
  seconds: 1_492_774_577,
};
const pagerduty: Vector = {
  kind: 'pagerduty',
  secret: 'lDQHScfUeXUKaQRNF+8XIiDKZ7XX3itBAYzwU0TARw8lJqRnkKl2iB1anSb0Z+IK',
  body: '{"event":{"id":"01BWDWL3NYY7LUFPZCC28QUCMK","event_type":"incident.priority_updated","resource_type":"incident","occurred_at":"2021-04-26T17:36:27.458Z","agent":{"html_url":"https://acme.pagerduty.com/users/PLH1HKV","id":"PLH1HKV","self":"https://api.pagerduty.com/users/PLH1HKV","summary":"Tenex Engineer","type":"user_reference"},"client":null,"data":{"id":"PGR0VU2","type":"incident","self":"https://api.pagerduty.com/incidents/PGR0VU2","html_url":"https://acme.pagerduty.com/incidents/PGR0VU2","number":2,"status":"triggered","title":"A little bump in the road","service":{"html_url":"https://acme.pagerduty.com/services/PF9KMXH","id":"PF9KMXH","self":"https://api.pagerduty.com/services/PF9KMXH","summary":"API Service","type":"service_reference"},"assignees":[{"html_url":"https://acme.pagerduty.com/users/PTUXL6G","id":"PTUXL6G","self":"https://api.pagerduty.com/users/PTUXL6G","summary":"User 123","type":"user_reference"}],"escalation_policy":{"html_url":"https://acme.pagerduty.com/escalation_policies/PUS0KTE","id":"PUS0KTE","self":"https://api.pagerduty.com/escalation_policies/PUS0KTE","summary":"Default","type":"escalation_policy_reference"},"teams":[{"html_url":"https://acme.pagerduty.com/teams/PFCVPS0","id":"PFCVPS0","self":"https://api.pagerduty.com/teams/PFCVPS0","summary":"Engineering","type":"team_reference"}],"priority":{"html_url":"https://acme.pagerduty.com/account/incident_priorities","id":"PSO75BM","self":"https://api.pagerduty.com/priorities/PSO75BM","summary":"P1","type":"priority_reference"},"urgency":"high","conference_bridge":{"conference_number":1000,"conference_url":"https://example.com"},"resolve_reason":null}}}',
  headers: { 'X-PagerDuty-Signature': 'v1=0c0b9495b893a39e70d1fea2fe11fbe0a825f88b9f67846f6cc07dd2bc5476cd' },
};
const digest = 'aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494';
const plain = { secret: 'secret', body: '{"a":1}' };

describe('documented vectors', () => {
  it.each<[string, Vector]>([
    ['GitHub, "Validating webhook deliveries"', github],
    ['Slack, "Verifying requests from Slack"', slack],
    ['Standard Webhooks, the tests of its libraries', standard],
    ['GitLab with a signing token, which signs the same way', { ...standard, kind: 'gitlab' }],
    ['Stripe, accepted by its own library', stripe],
    ['PagerDuty, the tests of its Go client', pagerduty],
    ['Jira', { ...plain, kind: 'jira', headers: { 'X-Hub-Signature': `sha256=${digest}` } }],
    ['Bitbucket', { ...plain, kind: 'bitbucket', headers: { 'X-Hub-Signature': `sha256=${digest}` } }],
    ['Gitea, bare hex', { ...plain, kind: 'gitea', headers: { 'X-Gitea-Signature': digest } }],
    ['Gogs, bare hex', { ...plain, kind: 'gogs', headers: { 'X-Gogs-Signature': digest } }],
    ['Sentry, bare hex', { ...plain, kind: 'sentry', headers: { 'Sentry-Hook-Signature': digest } }],
    ['SonarQube, bare hex', { ...plain, kind: 'sonarqube', headers: { 'X-Sonar-Webhook-HMAC-SHA256': digest } }],
    ['Harness, bare hex', { ...plain, kind: 'harness', headers: { 'X-Harness-Signature': digest } }],
    ['Gitness, bare hex', { ...plain, kind: 'harness', headers: { 'X-Gitness-Signature': digest } }],
    ['JFrog with payload signing', { ...plain, kind: 'artifactory', headers: { 'X-JFrog-Event-Auth': digest } }],
    ['GitLab with a secret token', { ...plain, kind: 'gitlab', headers: { 'X-Gitlab-Token': 'secret' } }],
  ])('hold for %s [webhooks.providers]', (_source, vector) => {
    expect(() => {
      verify(vector);
    }).not.toThrow();
    expect(() => {
      verify({ ...vector, secret: `${vector.secret}!` });
    }).toThrow(expect.objectContaining({ code: 'bad_signature' }));
  });

  it('hold for what the library of Standard Webhooks signs', () => {
    const seconds = 1_700_000_000;
    const signature = new StandardLibrary(standard.secret).sign('msg_1', new Date(seconds * 1000), plain.body);
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1a,bm90IG91cnM= ${signature}`,
    };
    expect(() => {
      verify({ kind: 'standard-webhooks', secret: standard.secret, body: plain.body, headers, seconds });
    }).not.toThrow();
  });
});

const schemes: Readonly<Record<string, readonly KindName[]>> = {
  github: ['github'],
  slack: ['slack'],
  'pagerduty-v3': ['pagerduty'],
  'standard-webhooks (svix)': ['standard-webhooks', 'gitlab'],
  stripe: ['stripe'],
  gitlab: ['gitlab'],
  'jira-cloud / bitbucket / gitea': ['jira', 'bitbucket', 'gitea'],
};

const sharedEval = process.env['SHARED_EVAL'] ?? new URL('../../../../../shared/eval', import.meta.url).pathname;
const file = `${sharedEval}/webhooks/signatures.json`;
it.skipIf(!existsSync(file))('accepts every collected vector (skipped where shared/eval is absent)', () => {
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as (Omit<Vector, 'kind'> & {
    readonly scheme: string;
    readonly timestamp?: string;
  })[];
  expect(vectors.map(({ scheme }) => scheme).sort()).toEqual(Object.keys(schemes).sort());
  for (const { scheme, secret, body = '', headers, timestamp = '0' } of vectors) {
    for (const kind of schemes[scheme] ?? []) verify({ kind, secret, body, headers, seconds: Number(timestamp) });
  }
});

describe('lists of signatures', () => {
  const hex = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex');
  const wrong = hex('another', plain.body);
  const list = (count: number) => [...Array.from({ length: count }, () => `v1=${wrong}`), `v1=${digest}`].join(',');

  it('hold when one of ten is right, wherever it stands, and are refused beyond ten', () => {
    const vector = (value: string): Vector => ({
      ...plain,
      kind: 'pagerduty',
      headers: { 'X-PagerDuty-Signature': value },
    });
    for (const value of [list(9), `v1=${digest}, v1=${wrong}`, `v2=abc,v1=${digest}`]) {
      expect(() => {
        verify(vector(value));
      }).not.toThrow();
    }
    for (const value of [list(10), `v2=${digest}`, digest, `v1=${digest},`]) {
      expect(() => {
        verify(vector(value));
      }).toThrow(expect.objectContaining({ code: 'bad_signature' }));
    }
  });

  it('hold for Stripe whichever v1 is right, never by a v0', () => {
    const right = hex('secret', `1492774577.${plain.body}`);
    const vector = (value: string): Vector => ({
      ...plain,
      kind: 'stripe',
      headers: { 'Stripe-Signature': value },
      seconds: 1_492_774_577,
    });
    expect(() => {
      verify(vector(`t=1492774577,v1=${wrong},v1=${right},v0=${wrong}`));
    }).not.toThrow();
    for (const value of [`t=1492774577,v0=${right}`, `v1=${right}`, `t=1492774577,t=1492774577,v1=${right}`]) {
      expect(() => {
        verify(vector(value));
      }).toThrow(expect.objectContaining({ code: 'bad_signature' }));
    }
  });

  it('of Standard Webhooks hold by any v1 and by nothing else', () => {
    const good = 'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
    const signed = (value: string): Vector => ({
      ...standard,
      headers: { ...standard.headers, 'webhook-signature': value },
    });
    const bad = 'v1,bm9uZQ==';
    expect(() => {
      verify(signed(`${bad} v1,${good} v2,${good}`));
    }).not.toThrow();
    for (const value of [
      `v1a,${good}`,
      good,
      `v1,${good},`,
      Array.from({ length: 11 }, () => `v1,${good}`).join(' '),
    ]) {
      expect(() => {
        verify(signed(value));
      }).toThrow(expect.objectContaining({ code: 'bad_signature' }));
    }
  });

  it.each(['whsec_', 'whsec_!!!!', 'whsec_===='])('are never made with the key of the broken secret %s', (secret) => {
    const signature = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(`msg_1.1614265330.${plain.body}`)
      .digest('base64');
    expect(() => {
      verify({
        ...standard,
        secret,
        body: plain.body,
        headers: { ...standard.headers, 'webhook-id': 'msg_1', 'webhook-signature': `v1,${signature}` },
      });
    }).toThrow(expect.objectContaining({ code: 'bad_signature' }));
  });
});

describe('secrets of Standard Webhooks', () => {
  it.each([standard.secret, standard.secret.slice(6), 'ab'.repeat(32)])(
    'are what the library makes of %s',
    (secret) => {
      const signature = new StandardLibrary(secret).sign('msg_1', new Date(1_700_000_000_000), plain.body);
      const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': '1700000000', 'webhook-signature': signature };
      expect(() => {
        verify({ kind: 'standard-webhooks', secret, body: plain.body, headers, seconds: 1_700_000_000 });
      }).not.toThrow();
    },
  );
});

describe('a timestamp that is no time', () => {
  const odd = ['', 'now', '1531420618.0', '0x5b47bb8a', '-1', '15314206180000', 'Infinity'];
  const hex = (text: string) => createHmac('sha256', 'secret').update(text).digest('hex');
  const base64 = (text: string) => createHmac('sha256', 'secret').update(text).digest('base64');

  it.each(odd)('is refused even when %j is signed', (text) => {
    const headers = {
      'X-Slack-Request-Timestamp': text,
      'X-Slack-Signature': `v0=${hex(`v0:${text}:${plain.body}`)}`,
      'Stripe-Signature': `t=${text},v1=${hex(`${text}.${plain.body}`)}`,
      'webhook-id': 'msg_1',
      'webhook-timestamp': text,
      'webhook-signature': `v1,${base64(`msg_1.${text}.${plain.body}`)}`,
    };
    for (const kind of ['slack', 'stripe', 'standard-webhooks', 'gitlab'] as const) {
      expect(() => {
        verify({ ...plain, kind, headers, seconds: 1_531_420_618 });
      }).toThrow(expect.objectContaining({ code: 'bad_signature' }));
    }
  });
});

describe('an over-long header', () => {
  it('is refused although a right signature is in it', () => {
    const [right] = Object.values(stripe.headers);
    const padded = (length: number) => ({ 'Stripe-Signature': `${right ?? ''},v0=${'a'.repeat(length)}` });
    expect(() => {
      verify({ ...stripe, headers: padded(3000) });
    }).not.toThrow();
    expect(() => {
      verify({ ...stripe, headers: padded(4100) });
    }).toThrow(expect.objectContaining({ code: 'bad_signature' }));
  });
});

describe('GitLab', () => {
  it('is not let in by its token where the signature is wrong', () => {
    const headers = { ...standard.headers, 'webhook-signature': 'v1,bm9uZQ==', 'X-Gitlab-Token': standard.secret };
    expect(() => {
      verify({ ...standard, kind: 'gitlab', headers });
    }).toThrow(expect.objectContaining({ code: 'bad_signature' }));
  });
});

describe('Harness', () => {
  it('is not let in by its token where the signature is wrong', () => {
    const headers = { 'X-Harness-Signature': '00', 'X-Harness-Webhook-Token': 'secret' };
    expect(() => {
      verify({ ...plain, kind: 'harness', headers });
    }).toThrow(expect.objectContaining({ code: 'bad_signature' }));
  });
});

describe('tokens', () => {
  it('are compared by their bytes, so that any UTF-8 will do', () => {
    const secret = 'Schlüssel ✓ des Senders';
    const latin1 = Buffer.from(secret).toString('latin1');
    const password = Buffer.from(`amara:${secret}`).toString('base64');
    const vectors: readonly Vector[] = [
      { kind: 'gitlab', secret, body: '', headers: { 'x-gitlab-token': latin1 } },
      { kind: 'datadog', secret, body: '', headers: { 'x-webhook-token': latin1 } },
      { kind: 'azure-devops', secret, body: '', headers: { authorization: `basic ${password}` } },
    ];
    for (const vector of vectors) {
      expect(() => {
        verify(vector);
      }).not.toThrow();
    }
  });

  it('may hold colons where they are passwords', () => {
    const password = Buffer.from('amara:a:b:c').toString('base64');
    const headers = { authorization: `Basic ${password}` };
    expect(() => {
      verify({ kind: 'azure-devops', secret: 'a:b:c', body: '', headers });
    }).not.toThrow();
  });
});
