import { existsSync, readFileSync } from 'node:fs';
import type { SenderName } from '@devmesh/mockserver';
import { describe, expect, it } from 'vitest';
import { kinds } from './index.ts';
import { against, sent, variants, type Variant } from './sent.fixture.ts';

interface Sample {
  readonly provider: string;
  readonly event: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const sharedEval = process.env['SHARED_EVAL'] ?? new URL('../../../../../shared/eval', import.meta.url).pathname;
const file = `${sharedEval}/webhooks/payloads.jsonl`;

/** Docker Hub signs nothing and sends no header of ours: it comes in through a relay that adds one. */
const senderOf: Readonly<Record<string, SenderName>> = {
  github: 'github',
  gitlab: 'gitlab',
  jira: 'jira',
  bitbucket: 'bitbucket',
  'bitbucket-server': 'bitbucket',
  gitea: 'gitea',
  gogs: 'gogs',
  azuredevops: 'azure-devops',
  stripe: 'stripe',
  pagerduty: 'pagerduty',
  dockerhub: 'generic-token',
};

function sendersOf({ provider, event, body }: Sample): readonly SenderName[] {
  if (provider === 'github') return ['github', 'github-form'];
  if (provider === 'gitlab') return ['gitlab', 'gitlab-signed'];
  if (provider !== 'slack') return [senderOf[provider] ?? 'generic-hmac'];
  if (event === 'SlashCommandPayload') return ['slack-command'];
  return [body['type'] === 'url_verification' || 'event' in body ? 'slack' : 'slack-interaction'];
}

function variantOf(sender: SenderName): Variant {
  return variants.find((variant) => variant.sender === sender && variant.settings === undefined)!;
}

function asFields(body: Sample['body']): Record<string, string> {
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]));
}

const renamed: Readonly<Record<string, string>> = {
  SlashCommandPayload: 'slash_command',
  docker_hub_build_notice: 'webhook',
};

describe.skipIf(!existsSync(file))('621 real payloads (skipped where shared/eval is absent)', () => {
  const samples = (existsSync(file) ? readFileSync(file, 'utf8') : '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Sample);

  it('are all there', () => {
    expect(samples.length).toBe(621);
  });

  it.each([...new Set(samples.map(({ provider }) => provider))])('of %s are verified, named and kept', (provider) => {
    for (const sample of samples.filter((each) => each.provider === provider)) {
      for (const variant of sendersOf(sample).map(variantOf)) {
        const arrival = sent(variant, { event: sample.event, payload: sample.body });
        kinds[variant.kind].verify(arrival, against(variant));
        const webhook = kinds[variant.kind].read(arrival, {});
        expect(webhook.event).toBe(renamed[sample.event] ?? sample.event);
        expect(webhook.payload).toEqual(variant.sender === 'slack-command' ? asFields(sample.body) : sample.body);
        expect(webhook.deliveryId).toMatch(/./u);
      }
    }
  });

  it('have different delivery ids where they differ and the sender names none', () => {
    const plain = samples.filter(({ provider }) => ['slack', 'azuredevops', 'stripe', 'pagerduty'].includes(provider));
    const ids = plain.map((sample) => {
      const variant = variantOf(sendersOf(sample)[0]!);
      return kinds[variant.kind].read(sent(variant, { event: sample.event, payload: sample.body }), {}).deliveryId;
    });
    const bodies = plain.map(({ body }) => JSON.stringify(body));
    expect(new Set(ids).size).toBe(new Set(bodies).size);
  });
});
