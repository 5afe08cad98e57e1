import { newId } from '@devmesh/foundation';
import { openDatabaseBell, openMemoryKeyValue, type Bell } from '@devmesh/infrastructure';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '../identity/index.ts';
import { openMesh, type TestMesh } from '../tasks/mesh.fixture.ts';
import { evaluateFlag, shareOf } from './evaluate.ts';
import type { Flag, FlagSubject } from './flag.ts';
import { closes } from './gates.ts';
import { createFlags, type Flags } from './index.ts';

let mesh: TestMesh;
let bell: Bell;
let flags: Flags;
let other: Flags;
beforeAll(async () => {
  mesh = await openMesh();
  bell = openDatabaseBell({ database: mesh.database, log: mesh.telemetry.log });
  const parts = { ...mesh, bell, keyvalue: openMemoryKeyValue(), newId };
  flags = createFlags(parts);
  other = createFlags(parts);
});
afterAll(async () => {
  await flags.close();
  await other.close();
  await bell.close();
  await mesh.close();
});

const base = {
  key: 'new-thing',
  description: '',
  enabled: true,
  variants: { on: true, off: false },
  defaultVariant: 'off',
  offVariant: 'off',
  targeting: [],
  gates: [],
};

describe('feature flags', () => {
  test('hold as soon as they are set, here and in other processes, for whom they are meant', async () => {
    const { admin } = await mesh.organization();
    const agent: Principal = { ...admin, keyType: 'agent', agentId: newId() };
    expect((await other.of(agent)).on).toEqual([]);
    await flags.set(admin, { ...base, targeting: [{ keyTypes: ['agent'], variant: 'on' }] });
    expect((await flags.of(agent)).on).toEqual(['new-thing']);
    expect((await flags.of(admin)).on).toEqual([]);
    await expect.poll(async () => (await other.of(agent)).on).toEqual(['new-thing']);
    await flags.remove(admin, 'new-thing');
    expect((await flags.of(agent)).on).toEqual([]);
    await expect(flags.remove(admin, 'new-thing')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('are told by OpenFeature with their value, their variant and the reason', async () => {
    const { admin, tenantId } = await mesh.organization();
    const developer: Principal = { ...admin, role: 'developer' };
    await flags.set(admin, { ...base, key: 'a-switch', targeting: [{ roles: ['developer'], variant: 'on' }] });
    await flags.set(admin, { ...base, key: 'b-text', variants: { on: 'blue', off: 'red' }, defaultVariant: 'on' });
    await flags.set(admin, { ...base, key: 'c-number', variants: { on: 5, off: 0 }, enabled: false });
    const json = { on: { deep: [1] }, off: {} };
    await flags.set(admin, { ...base, key: 'd-json', variants: json, targeting: [{ percentage: 100, variant: 'on' }] });
    expect(await flags.evaluate(developer)).toEqual([
      expect.objectContaining({ key: 'a-switch', value: true, variant: 'on', reason: 'TARGETING_MATCH' }),
      expect.objectContaining({ key: 'b-text', value: 'blue', reason: 'STATIC' }),
      expect.objectContaining({ key: 'c-number', value: 0, reason: 'DISABLED' }),
      expect.objectContaining({ key: 'd-json', value: { deep: [1] }, reason: 'SPLIT' }),
    ]);
    expect((await flags.evaluate(admin))[0]).toMatchObject({ value: false, variant: 'off', reason: 'DEFAULT' });
    expect((await flags.list(tenantId)).map(({ kind }) => kind)).toEqual(['boolean', 'string', 'number', 'json']);
  });

  test('that make no sense are refused', async () => {
    const { admin } = await mesh.organization();
    const refused = [
      { variants: {} },
      { variants: { on: true, off: 'no' } },
      { defaultVariant: 'none' },
      { targeting: [{ variant: 'none' }] },
      { variants: { on: 'a', off: 'b' }, gates: ['service:github'] },
    ];
    for (const wrong of refused) {
      await expect(flags.set(admin, { ...base, ...wrong })).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });

  test('of one organization are no flags of another, and changes are on record [tenancy.no-foreign-rows]', async () => {
    const [one, two] = [await mesh.organization(), await mesh.organization()];
    await flags.set(one.admin, { ...base, defaultVariant: 'on' });
    expect((await flags.of(two.admin)).on).toEqual([]);
    await expect(flags.remove(two.admin, base.key)).rejects.toMatchObject({ code: 'not_found' });
    expect(await one.auditActions()).toContain('key flags.set');
  });

  test('that are off close what they stand before', async () => {
    const { admin } = await mesh.organization();
    await flags.set(admin, { ...base, gates: ['service:github', 'operation:knowledge.*', 'tool:jira_delete_*'] });
    const closed = await flags.of(admin);
    expect(closed.closedBy({ service: 'github', tool: 'github_x' })).toBe('new-thing');
    expect(closed.closedBy({ operation: 'knowledge.search' })).toBe('new-thing');
    expect(closed.closedBy({ service: 'jira', tool: 'jira_delete_issue' })).toBe('new-thing');
    expect(closed.closedBy({ service: 'jira', tool: 'jira_get' })).toBeUndefined();
    await flags.set(admin, { ...base, gates: ['service:github'], defaultVariant: 'on' });
    expect((await flags.of(admin)).closedBy({ service: 'github' })).toBeUndefined();
  });
});

const subject = (id: string): FlagSubject => ({ targetingKey: id, ids: [id], role: undefined, keyType: undefined });
const flagOf = (percentage: number): Flag => ({
  ...base,
  kind: 'boolean',
  updatedAt: '',
  targeting: [{ percentage, variant: 'on' }],
});

describe('a share of people', () => {
  test('keeps everybody whom a smaller share had', () => {
    const property = fc.property(fc.uuid(), fc.nat(100), fc.nat(100), (id, one, two) => {
      const small = evaluateFlag(flagOf(Math.min(one, two)), subject(id)).value;
      const large = evaluateFlag(flagOf(Math.max(one, two)), subject(id)).value;
      return small !== true || large === true;
    });
    expect(fc.check(property).counterexample).toBeNull();
  });

  test('is about as large as it says, another one for each flag, and nobody or everybody at its ends', () => {
    const ids = Array.from({ length: 10_000 }, () => newId());
    const on = (percentage: number) => ids.filter((id) => evaluateFlag(flagOf(percentage), subject(id)).value === true);
    expect(on(0)).toHaveLength(0);
    expect(on(100)).toHaveLength(10_000);
    expect(Math.abs(on(20).length - 2_000)).toBeLessThan(250);
    const both = ids.filter((id) => shareOf('one', id) < 50 && shareOf('two', id) < 50);
    expect(Math.abs(both.length - 2_500)).toBeLessThan(300);
  });
});

test('a gate is for the kind that it names', () => {
  const flag: Flag = { ...base, kind: 'boolean', updatedAt: '', gates: ['tool:github*'] };
  expect(closes(flag, { tool: 'github_x' })).toBe(true);
  expect(closes(flag, { service: 'github', operation: 'github' })).toBe(false);
});
