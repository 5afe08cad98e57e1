import type { Database } from '@devmesh/infrastructure';
import { fakeClock, openTestDatabase } from '@devmesh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, push, setUp } from './intake.fixture.ts';

describe('webhook intake of a source that another process changed', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const setUpTwo = async () => {
    const mesh = await setUp(database);
    const elsewhere = mesh.open();
    await elsewhere.webhooks.receive(mesh.source.id, push());
    const rotate = (graceSeconds: number) =>
      mesh.webhooks.rotateSecret(mesh.principal, mesh.source.id, { graceSeconds, commit: async () => undefined });
    return { ...mesh, elsewhere: elsewhere.webhooks, rotate };
  };

  it('takes the new secret at once, and the old one during the grace [webhooks.rotation]', async () => {
    const { elsewhere, source, rotate } = await setUpTwo();
    const rotated = await rotate(60);
    expect(await codeOf(elsewhere.receive(source.id, push({ sign: rotated.secret.open() })))).toBe('accepted');
    expect(await codeOf(elsewhere.receive(source.id, push()))).toBe('accepted');
    expect(await codeOf(elsewhere.receive(source.id, push({ sign: 'never a secret' })))).toBe('bad_signature');
  });

  it('never takes a secret that was revoked, however it is remembered [webhooks.rotation]', async () => {
    const { elsewhere, source, rotate, stored, webhooks, principal } = await setUpTwo();
    await rotate(0);
    expect(await codeOf(elsewhere.receive(source.id, push()))).toBe('bad_signature');
    const second = await rotate(60);
    const third = await rotate(60);
    expect(await codeOf(elsewhere.receive(source.id, push({ sign: second.secret.open() })))).toBe('accepted');
    await webhooks.revokePreviousSecret(principal, source.id);
    expect(await codeOf(elsewhere.receive(source.id, push({ sign: second.secret.open() })))).toBe('bad_signature');
    expect(await codeOf(elsewhere.receive(source.id, push({ sign: third.secret.open() })))).toBe('accepted');
    expect(await stored()).toMatchObject({ events: 3 });
  });

  it('takes nothing once it is disabled, and again once it is enabled', async () => {
    const { elsewhere, source, webhooks, principal } = await setUpTwo();
    await webhooks.updateSource(principal, source.id, { enabled: false });
    expect(await codeOf(elsewhere.receive(source.id, push()))).toBe('invalid_state');
    await webhooks.updateSource(principal, source.id, { enabled: true });
    expect(await codeOf(elsewhere.receive(source.id, push()))).toBe('accepted');
  });

  it('takes nothing once it is deleted', async () => {
    const { elsewhere, source, webhooks, principal, stored } = await setUpTwo();
    await webhooks.deleteSource(principal, source.id);
    expect(await codeOf(elsewhere.receive(source.id, push()))).toBe('not_found');
    expect(await stored()).toMatchObject({ audited: 1 });
  });

  it('keeps to a limit of size that was raised or lowered', async () => {
    const { elsewhere, source, webhooks, principal } = await setUpTwo();
    const large = () => elsewhere.receive(source.id, push({ body: JSON.stringify({ text: 'x'.repeat(2_000) }) }));
    await webhooks.updateSource(principal, source.id, { maximumBodyBytes: 1_024 });
    expect(await codeOf(elsewhere.receive(source.id, push()))).toBe('accepted');
    expect(await codeOf(large())).toBe('too_large');
    await webhooks.updateSource(principal, source.id, { maximumBodyBytes: 10_000 });
    expect(await codeOf(large())).toBe('accepted');
  });

  it('ends the grace of a rotated secret by itself [webhooks.rotation]', async () => {
    const clock = fakeClock(Date.now());
    const { webhooks, principal, source } = await setUp(database, { clock });
    await webhooks.rotateSecret(principal, source.id, { graceSeconds: 60, commit: async () => undefined });
    expect(await codeOf(webhooks.receive(source.id, push()))).toBe('accepted');
    await clock.advance(61_000);
    expect(await codeOf(webhooks.receive(source.id, push()))).toBe('bad_signature');
  });
});
