import { operations } from '@devmesh/api';
import type { MeshError } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { openTestDatabase } from '@devmesh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPrincipal, openProcess, push, secret } from './intake/intake.fixture.ts';
import { kindNames } from './kinds/index.ts';

const commit = async (): Promise<void> => undefined;

describe('webhook sources', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const setUp = async () => {
    const { webhooks, audit } = openProcess({ database });
    const principal = await newPrincipal(database);
    const request = { name: 'github', kind: 'github' as const, secret };
    const { source } = await webhooks.createSource(principal, request, commit);
    const audited = async (): Promise<readonly string[]> => {
      const { items } = await audit.list(principal.tenantId, { limit: 100 });
      return items.map(({ action, detail }) => `${action} ${JSON.stringify(detail)}`).toReversed();
    };
    return { webhooks, principal, source, audited };
  };
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'done',
      (error: unknown) => (error as MeshError).code,
    );

  it('may be of every kind that is understood, and of no other', () => {
    const { kind } = operations.webhooks.createSource.body.shape;
    expect(kind.options.toSorted()).toEqual(kindNames.toSorted());
  });

  it('are changed in what is given and in nothing else, each time with a new revision', async () => {
    const { webhooks, principal, source } = await setUp();
    const changes = { name: 'renamed', toleranceSeconds: 60, requestsPerMinute: 10, maximumBodyBytes: 2_048 };
    const changed = await webhooks.updateSource(principal, source.id, { ...changes, enabled: undefined });
    expect(changed).toMatchObject({ ...changes, enabled: true, settings: {}, revision: source.revision + 1 });
    expect(await webhooks.getSource(principal, source.id)).toEqual(changed);
    const same = await webhooks.updateSource(principal, source.id, {});
    expect(same.revision).toBe(changed.revision);
    const { source: rotated } = await webhooks.rotateSecret(principal, source.id, { graceSeconds: 60, commit });
    expect(rotated.revision).toBe(changed.revision + 1);
    const revoked = await webhooks.revokePreviousSecret(principal, source.id);
    expect(revoked).toMatchObject({ revision: rotated.revision + 1, previousSecret: null, previousSecretUntil: null });
  });

  it('have settings only where their kind takes some, checked when they are created and when they are changed', async () => {
    const { webhooks, principal, source } = await setUp();
    const settings = { header: 'x-signature' };
    const wrong = { name: 'wrong', kind: 'github' as const, settings };
    expect(await codeOf(webhooks.createSource(principal, wrong, commit))).toBe('invalid_request');
    expect(await codeOf(webhooks.updateSource(principal, source.id, { settings }))).toBe('invalid_request');
    expect(await webhooks.getSource(principal, source.id)).toMatchObject({ settings: {}, revision: source.revision });
    const token = { name: 'token', kind: 'generic-token' as const, settings: { header: 'x-token' } };
    const created = await webhooks.createSource(principal, token, commit);
    expect(created.source.settings).toEqual(token.settings);
  });

  it('have names of their own', async () => {
    const { webhooks, principal } = await setUp();
    const { source } = await webhooks.createSource(principal, { name: 'second', kind: 'github' }, commit);
    expect(await codeOf(webhooks.createSource(principal, { name: 'second', kind: 'github' }, commit))).toBe('conflict');
    expect(await codeOf(webhooks.updateSource(principal, source.id, { name: 'github' }))).toBe('conflict');
  });

  it('get a new secret that is shown once, and undo it when its answer cannot be kept', async () => {
    const { webhooks, principal, source } = await setUp();
    const given = { secret: 'a secret of their own', graceSeconds: 0, commit };
    const { secret: own } = await webhooks.rotateSecret(principal, source.id, given);
    expect(own.open()).toBe(given.secret);
    const failing = () => Promise.reject(new Error('the answer was not kept'));
    await expect(webhooks.rotateSecret(principal, source.id, { graceSeconds: 0, commit: failing })).rejects.toThrow(
      'the answer was not kept',
    );
    await webhooks.receive(source.id, push({ sign: given.secret }));
    const first = await webhooks.rotateSecret(principal, source.id, { graceSeconds: 0, commit });
    const second = await webhooks.rotateSecret(principal, source.id, { graceSeconds: 0, commit });
    expect(first.secret.open()).toMatch(/^[0-9a-f]{64}$/u);
    expect(second.secret.open()).not.toBe(first.secret.open());
  });

  it('leave a line in the audit trail for every change, without a secret in it', async () => {
    const { webhooks, principal, source, audited } = await setUp();
    await webhooks.updateSource(principal, source.id, { enabled: false });
    const { secret: fresh } = await webhooks.rotateSecret(principal, source.id, { graceSeconds: 60, commit });
    await webhooks.revokePreviousSecret(principal, source.id);
    await webhooks.deleteSource(principal, source.id);
    const lines = await audited();
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'webhooks.createSource',
      'webhooks.updateSource',
      'webhooks.rotateSecret',
      'webhooks.revokePreviousSecret',
      'webhooks.deleteSource',
    ]);
    expect(lines[1]).toContain('"changed":["enabled"]');
    for (const line of lines) {
      expect(line).not.toContain(secret);
      expect(line).not.toContain(fresh.open());
    }
  });

  it('are changed by nobody but their own organization', async () => {
    const { webhooks, source, principal } = await setUp();
    const stranger = await newPrincipal(database);
    const attempts = [
      webhooks.getSource(stranger, source.id),
      webhooks.updateSource(stranger, source.id, { enabled: false }),
      webhooks.updateSource(stranger, source.id, {}),
      webhooks.rotateSecret(stranger, source.id, { graceSeconds: 0, commit }),
      webhooks.revokePreviousSecret(stranger, source.id),
      webhooks.deleteSource(stranger, source.id),
    ];
    expect(new Set(await Promise.all(attempts.map(codeOf)))).toEqual(new Set(['not_found']));
    expect(await webhooks.getSource(principal, source.id)).toEqual(source);
  });
});
